// What Pulumi's generators leave to whoever publishes an SDK: build files, and what they are to say.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../setup/clone.mjs";

const generated = "* linguist-generated\n";

/** Language → what is done to the folder in which its SDK was just generated. */
export const finish = {
  /** Where the compiled code is, and today's TypeScript. */
  nodejs(folder) {
    const manifest = JSON.parse(read(folder, "package.json"));
    const { name, version, description, keywords, homepage, repository, license, ...rest } = manifest;
    const { typescript, "@types/node": nodeTypes } = JSON.parse(read(root, "package.json")).devDependencies;
    json(folder, "package.json", {
      ...{ name, version, description, keywords, homepage, repository, license },
      main: "bin/index.js",
      types: "bin/index.d.ts",
      files: ["bin"],
      ...rest,
      devDependencies: { "@types/node": nodeTypes, typescript },
    });
    json(folder, "tsconfig.json", {
      compilerOptions: {
        outDir: "bin",
        rootDir: ".",
        target: "es2022",
        module: "node16",
        types: ["node"],
        strict: true,
        noFallthroughCasesInSwitch: true,
        declaration: true,
        sourceMap: true,
        stripInternal: true,
        skipLibCheck: true,
        composite: true,
        tsBuildInfoFile: "bin/.tsbuildinfo",
      },
      include: ["**/*.ts"],
      exclude: ["bin", "node_modules"],
    });
  },

  /** The package's description is the page that the index shows, and setuptools looks for it beside pyproject.toml. */
  python(folder) {
    write(folder, "README.md", read(folder, "pulumi_appmesh/README.md"));
  },

  /** Go's index shows the documentation only of modules that carry their licence. */
  go(folder, { description }) {
    write(folder, "LICENSE", read(root, "LICENSE"));
    write(folder, "README.md", `${description}\n`);
  },

  /** Maven's, whose one build file publishes and installs; the generator knows Gradle's only. */
  java(folder, schema) {
    const { basePackage, dependencies } = schema.language.java;
    for (const gradle of ["build.gradle", "settings.gradle"]) rmSync(join(folder, gradle));
    const resources = `src/main/resources/${basePackage.replaceAll(".", "/")}/${schema.name}`;
    write(folder, "pom.xml", pom(schema, basePackage, { ...dependencies, ...compiledAgainst }));
    // The generated classes read the first, and Pulumi's tools the second, to know which plugin to use.
    write(folder, `${resources}/version.txt`, `${schema.version}\n`);
    const { name, version, pluginDownloadURL: server } = schema;
    json(folder, `${resources}/plugin.json`, { resource: true, name, version, server });
    write(folder, ".gitattributes", generated);
    write(folder, ".gitignore", "target/\n");
  },

  dotnet(folder) {
    write(folder, ".gitattributes", `${generated}*.png binary\n`);
    write(folder, ".gitignore", "bin/\nobj/\n");
  },
};

/** What the generated classes name themselves, beside what the schema asks for; the generator's own choice. */
const compiledAgainst = { "com.google.code.findbugs:jsr305": "3.0.2", "com.google.code.gson:gson": "2.8.9" };

const pom = ({ name, displayName, version, description, license }, groupId, dependencies) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>${groupId}</groupId>
  <artifactId>${name}</artifactId>
  <version>${version}</version>
  <name>${displayName}</name>
  <description>${escaped(description)}</description>
  <licenses>
    <license>
      <name>${license}</name>
    </license>
  </licenses>
  <properties>
    <maven.compiler.release>11</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
${Object.entries(dependencies).map(dependency).join("\n")}
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <groupId>org.apache.maven.plugins</groupId>
        <artifactId>maven-compiler-plugin</artifactId>
        <version>3.14.0</version>
      </plugin>
    </plugins>
  </build>
</project>
`;

function dependency([coordinates, version]) {
  const [groupId, artifactId] = coordinates.split(":");
  return `    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
    </dependency>`;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const read = (folder, path) => readFileSync(join(folder, path), "utf8");
const write = (folder, path, text) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const json = (folder, path, value) => write(folder, path, `${JSON.stringify(value, null, 2)}\n`);
