// AWS KMS, Secrets Manager and Private CA of authority-aws.py, in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { python } from "./tools.js";

const program = fileURLToPath(new URL("../../support/authority-aws.py", import.meta.url));
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** What it does to all that is asked: throttles every other question, throttles all, or says that the role may not. */
export type Fault = "throttle" | "away" | "denied";

export class AuthorityAws {
  readonly url: string;
  /** ARNs by what is wrong with the key, the secret or the authority; `good` and `below` (a root) are not. */
  readonly kms: Readonly<Record<"good" | "rsa" | "symmetric" | "disabled" | "encrypts", string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly authorities: Readonly<Record<"good" | "below" | "rsa" | "pending", string>>;
  /** PEM of an authority with its key, for files. */
  readonly bundle: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, told: string) {
    this.#child = child;
    ({
      url: this.url,
      kms: this.kms,
      secrets: this.secrets,
      authorities: this.authorities,
      bundle: this.bundle,
    } = JSON.parse(told));
  }

  static async start(): Promise<AuthorityAws> {
    const child = spawn(await python(), [program], { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
    const lines = createInterface({ input: child.stdout });
    const told = await Promise.race([once(lines, "line"), once(child, "exit")]);
    if (typeof told[0] !== "string") throw new Error(`the stand-in of AWS ended:\n${log}`);
    return new AuthorityAws(child, told[0]);
  }

  /** What a control plane needs to ask it. */
  get env(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL_KMS: this.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.url,
      AWS_ENDPOINT_URL_ACM_PCA: this.url,
      AWS_ACCESS_KEY_ID: "tests",
      AWS_SECRET_ACCESS_KEY: "tests",
    };
  }

  async fault(fault?: Fault): Promise<void> {
    await fetch(`${this.url}/faults`, {
      method: "POST",
      body: JSON.stringify(fault ? { [fault]: true } : {}),
    });
  }

  /** How often each operation was asked for. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    return (await (await fetch(this.url)).json()) as Record<string, number>;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
    running.delete(this.#child);
  }
}
