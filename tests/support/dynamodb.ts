// DynamoDB Local, AWS's own stand-in for DynamoDB, in a process of its own: in memory, on a free port of the loopback.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Calls, type TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { createTable } from "@pulumi-appmesh/control-plane/store/dynamodb/create-table.js";
import { dynamoDb } from "./tools.js";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** What the AWS SDK needs to ask it: it takes any key, and nothing of the machine's own is asked for. */
export const dynamoDbEnv: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "tests",
  AWS_SECRET_ACCESS_KEY: "tests",
  AWS_REGION: "us-east-1",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

export class DynamoDbServer {
  #tables = 0;

  private constructor(
    readonly endpoint: string,
    private readonly child: ChildProcess,
  ) {}

  /** Skips the test or the suite that asks where set-up found no Java. Shared by a test file: it costs a JVM. */
  static async start(test: Mocha.Context): Promise<DynamoDbServer> {
    const folder = await dynamoDb();
    if (folder === undefined) return test.skip();
    Object.assign(process.env, dynamoDbEnv);
    const libraries = join(folder, "libraries");
    const child = spawn(
      "java",
      [
        // Small, and quick to start rather than fast in the end.
        ...["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"],
        `-Djava.library.path=${libraries}`,
        ...["-cp", `${join(folder, "classes")}:${libraries}/*`, "appmesh.DynamoDb"],
      ],
      // It ends with its standard input, however this process ends.
      { stdio: ["pipe", "pipe", "pipe"], cwd: folder },
    );
    running.add(child);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    const ended = once(child, "exit").then(([code]) => {
      running.delete(child);
      throw new Error(`DynamoDB Local ended with ${code}:\n${said}`);
    });
    ended.catch(() => {});
    const ready = new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [, port] = /^port (\d+)$/.exec(line) ?? [];
        if (port !== undefined) resolve(port);
      });
    });
    const port = await Promise.race([ready, ended]);
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket).unref();
    return new DynamoDbServer(`http://127.0.0.1:${port}`, child);
  }

  /** A table of its own that nobody has used, made as `appmesh table create` makes it. */
  async table(endpoint = this.endpoint): Promise<TablePlace> {
    const place = { table: `appmesh-${++this.#tables}`, region: "us-east-1", endpoint };
    const calls = await Calls.open({ ...place, endpoint: this.endpoint });
    await createTable(calls, { deletable: true });
    calls.close();
    return place;
  }

  async close(): Promise<void> {
    if (!running.has(this.child)) return;
    const ended = once(this.child, "exit");
    // A program that waits for nothing else must not end before this has.
    this.child.ref();
    this.child.kill("SIGKILL");
    await ended;
  }
}
