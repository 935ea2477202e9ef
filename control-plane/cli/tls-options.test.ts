import assert from "node:assert/strict";
import { resolve } from "node:path";
import { Command } from "commander";
import { addTlsOptions, tlsOf } from "./tls-options.js";

describe("The options of HTTPS", () => {
  function parsed(...args: string[]) {
    const command = addTlsOptions(new Command("serve"))
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    return tlsOf(command.parse(args, { from: "user" }).opts());
  }
  const own = ["--tls-self-signed"];

  it("are none, a certificate in files, or one for further names", () => {
    assert.equal(parsed(), undefined);
    assert.equal(parsed("--insecure-http"), undefined);
    assert.deepEqual(parsed("--tls-cert", "c.pem", "--tls-key", "/k.pem"), {
      certFile: resolve("c.pem"),
      keyFile: "/k.pem",
    });
    assert.deepEqual(parsed(...own), { names: [] });
    assert.deepEqual(
      parsed(...own, "--tls-name", "mesh.example.com", "--tls-name", "::2", "--tls-name", "*.local"),
      {
        names: ["mesh.example.com", "::2", "*.local"],
      },
    );
  });

  it("are refused where they do not fit", () => {
    const name = (given: string) =>
      `error: option '--tls-name <name>' argument '${given}' is invalid. It must be a host name or an IP address, such as mesh.example.com.`;
    const cases: [string[], string][] = [
      [["--tls-key", "k.pem"], "--tls-key is given without --tls-cert. Give both, or --tls-self-signed"],
      [["--tls-cert", "c.pem"], "--tls-cert is given without --tls-key. Give both, or --tls-self-signed"],
      [
        ["--tls-name", "a"],
        "--tls-name is given without --tls-self-signed. The names of a given certificate are in it",
      ],
      [
        [...own, "--tls-cert", "c", "--tls-key", "k"],
        "error: option '--tls-self-signed' cannot be used with option '--tls-cert <file>'",
      ],
      [
        [...own, "--insecure-http"],
        "error: option '--insecure-http' cannot be used with option '--tls-self-signed'",
      ],
      ...["a b", "", "-a", "a/b", "*", "https://a"].map((given): [string[], string] => [
        [...own, "--tls-name", given],
        name(given),
      ]),
    ];
    for (const [args, message] of cases) assert.throws(() => parsed(...args), { message });
  });
});
