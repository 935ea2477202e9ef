// In the place of Pulumi's language host for Node.js, which is not part of what is built here: the part of it that runs a
// plugin from its sources. Like the real one it leaves that to the SDK's own `run-plugin`, in the plugin's folder, and
// passes on what the plugin prints. It installs nothing, and where an SDK is to be generated it writes down the schema
// that Pulumi would have it made from. Prints its port.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";

const require = createRequire(import.meta.url);
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");
const language = require("@pulumi/pulumi/proto/language_pb");
const plugin = require("@pulumi/pulumi/proto/plugin_pb");

// biome-ignore lint/suspicious/noExplicitAny: the messages of Pulumi's SDK are not typed here.
type Message = any;

const server = new Server();
server.addService(LanguageRuntimeService, {
  getPluginInfo: (_: Message, reply: (error: null, answer: Message) => void) => {
    const info = new plugin.PluginInfo();
    info.setVersion("3.259.0");
    reply(null, info);
  },
  generatePackage: (call: Message, reply: (error: null, answer: Message) => void) => {
    const folder = call.request.getDirectory();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "schema.json"), call.request.getSchema());
    reply(null, new language.GeneratePackageResponse());
  },
  link: (_: Message, reply: (error: null, answer: Message) => void) =>
    reply(null, new language.LinkResponse()),
  installDependencies: (call: ServerWritableStream<Message, Message>) => call.end(),
  runPlugin: (call: ServerWritableStream<Message, Message>) => {
    const info = call.request.getInfo();
    const folder: string = info.getProgramDirectory();
    const { typescript } = info.getOptions().toJavaScript();
    const runPlugin = createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run-plugin");
    const child = spawn(process.execPath, [runPlugin, folder, ...call.request.getArgsList()], {
      cwd: call.request.getPwd(),
      env: {
        ...Object.fromEntries(
          call.request.getEnvList().map((each: string) => each.split(/=(.*)/s).slice(0, 2)),
        ),
        PULUMI_NODEJS_TYPESCRIPT: String(typescript ?? true),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const pass = (name: "setStdout" | "setStderr") => (bytes: Buffer) => {
      const response = new language.RunPluginResponse();
      response[name](bytes);
      call.write(response);
    };
    child.stdout.on("data", pass("setStdout"));
    child.stderr.on("data", pass("setStderr"));
    child.on("close", (code) => {
      const response = new language.RunPluginResponse();
      response.setExitcode(code ?? 1);
      call.write(response);
      call.end();
    });
    call.on("cancelled", () => child.kill("SIGTERM"));
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
