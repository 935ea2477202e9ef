import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const module = new URL("./pulumi.mjs", import.meta.url).href;

describe("the Pulumi CLI that set-up finds or makes", () => {
  let home;
  let cached;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "pulumi-test-"));
    cached = join(home, "cache/pulumi-appmesh/pulumi-3.259.0");
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** A folder of programs for PATH: name → shell script. */
  const programs = (folder, scripts) => {
    mkdirSync(join(home, folder));
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(home, folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return join(home, folder);
  };
  const saying = (version) => `echo ${version}`;
  const noNetwork = "exit 6";

  /** What set-up makes of a PATH of these folders, before the system's own. */
  const ensure = (...folders) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { ensurePulumi } from ${JSON.stringify(module)};
         import { explained } from ${JSON.stringify(new URL("./step.mjs", import.meta.url).href)};
         await explained(async () => console.log(await ensurePulumi()));`,
      ],
      {
        env: { PATH: [...folders, "/usr/bin", "/bin"].join(":"), XDG_CACHE_HOME: join(home, "cache") },
        encoding: "utf8",
      },
    );
    return { status, stdout, stderr: stderr.replaceAll(/\d+\.\d s/g, "T s") };
  };

  before(function () {
    // The machine's own would be found after these tests' programs.
    if (existsSync("/usr/bin/pulumi") || existsSync("/bin/pulumi")) this.skip();
  });

  it("is the user's own, when it is recent enough", () => {
    const own = programs("own", { pulumi: saying("v3.200.0") });
    assert.deepEqual(ensure(own), { status: 0, stdout: `${own}\n`, stderr: "" });
    assert.equal(existsSync(cached), false);
  });

  it("comes from the official installer when that can be reached, and says why the user's own is not taken", () => {
    const old = programs("own", { pulumi: saying("v3.199.9") });
    const installer = `
      test "$*" = "--version 3.259.0 --install-root $4 --no-edit-path" || exit 9
      mkdir "$4/bin"; for name in pulumi pulumi-language-nodejs; do echo x > "$4/bin/$name"; done`;
    const curl = `for last; do :; done; while [ "$1" != -o ]; do shift; done
      test "$last" = https://get.pulumi.com/install.sh && cat > "$2" <<'END'\n${installer}\nEND`;
    const network = programs("network", { curl });
    assert.deepEqual(ensure(old, network), {
      status: 0,
      stdout: `${cached}\n`,
      stderr: `  the Pulumi CLI in ${old} is 3.199.9, older than 3.200.0: set-up brings its own
… installing the Pulumi CLI 3.259.0
✓ installing the Pulumi CLI 3.259.0 (T s)
`,
    });
    assert.deepEqual(readdirSync(cached), ["pulumi", "pulumi-language-nodejs"]);
  });

  const building = "building the Pulumi CLI 3.259.0 from source (once, about 6 minutes on two cores)";
  const go = (version) => `
    test -f go.sum && grep -q "pulumi/pkg/v3 v3.259.0" go.mod || exit 8
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho ${version}\\n' > "$2"; chmod +x "$2"`;

  it("is built from source when the installer cannot be reached", () => {
    const path = programs("bin", { curl: noNetwork, go: go("3.259.0") });
    assert.deepEqual(ensure(path), {
      status: 0,
      stdout: `${cached}\n`,
      stderr: `… ${building}\n✓ ${building} (T s)\n`,
    });
    assert.deepEqual(readdirSync(cached), ["pulumi"]);
    // Once: the next set-up finds it.
    assert.deepEqual(ensure(path), { status: 0, stdout: `${cached}\n`, stderr: "" });
  });

  it("is refused when the build does not know its version", () => {
    const { status, stderr } = ensure(programs("bin", { curl: noNetwork, go: go("") }));
    assert.equal(status, 1);
    assert.match(
      stderr,
      /failed after T s: the CLI that was built says that it is version "", not "3.259.0"/,
    );
    assert.deepEqual(readdirSync(join(home, "cache/pulumi-appmesh")), ["logs"]);
  });

  it("cannot be had without a network and without Go, and set-up says what to install", () => {
    const { status, stderr } = ensure(
      programs("bin", { curl: noNetwork, go: "echo 'go: no such module' >&2; exit 1" }),
    );
    assert.equal(status, 1);
    assert.match(stderr, /failed after T s: "go build" ended with exit code 1\n/);
    assert.match(stderr, /\n {4}go: no such module\n/);
    assert.match(
      stderr,
      /\n {2}way out: install the Pulumi CLI yourself \(https:\S+\) so that `pulumi` is on PATH, or/,
    );
  });
});
