// The language host of a project whose program is empty, as Pulumi's Automation API has it in its own process: for
// commands that the Automation API runs without one, such as `pulumi import`. A program that is to be written in its language
// is left in Pulumi's own, from which all languages' hosts write theirs. Prints its port and serves until it ends.
import { createRequire } from "node:module";
import { Server, ServerCredentials } from "@grpc/grpc-js";

const require = createRequire(import.meta.url);
const { LanguageServer } = require("@pulumi/pulumi/automation/server");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");
const { GenerateProgramResponse } = require("@pulumi/pulumi/proto/language_pb");

// biome-ignore lint/suspicious/noExplicitAny: the messages of Pulumi's SDK are not typed here.
type Message = any;

const server = new Server();
server.addService(
  LanguageRuntimeService,
  Object.assign(new LanguageServer(async () => {}), {
    generateProgram: ({ request }: Message, reply: (error: null, answer: Message) => void) => {
      const answer = new GenerateProgramResponse();
      const texts = [...request.getSourceMap().entries()] as [name: string, text: string][];
      for (const [name, text] of texts) answer.getSourceMap().set(name, Buffer.from(text));
      reply(null, answer);
    },
  }),
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
