// The language host of a project whose program is empty, as Pulumi's Automation API has it in its own process: for
// commands that the Automation API runs without one, such as `pulumi import`. Prints its port and serves until it ends.
import { createRequire } from "node:module";
import { Server, ServerCredentials } from "@grpc/grpc-js";

const require = createRequire(import.meta.url);
const { LanguageServer } = require("@pulumi/pulumi/automation/server");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");

const server = new Server();
server.addService(LanguageRuntimeService, new LanguageServer(async () => {}));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
