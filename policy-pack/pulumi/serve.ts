import { type handleUnaryCall, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { type Configuration, SettingsError } from "../settings.js";
import { Analyzer } from "./analyzer.js";
import { analyzed, givenIn, info, type PackName, remediated, resourceOf, stackOf } from "./messages.js";
import { policies } from "./policies.js";
import { empty, messages, plugin, rpc } from "./protocol.js";

/** Big stacks send big messages; the SDK's own limit, in bytes. */
const largestMessage = 400 * 1024 * 1024;

/**
 * Serves Pulumi's Analyzer protocol on a free port of this machine, which it returns. `@pulumi/policy` serves it too, and reads every
 * resource anew for every policy, and the stack for every policy about it; with as many rules as here that is most of what a
 * pack costs. Its classes are Pulumi's way to write rules, the protocol is the engine's way to ask them.
 */
export function serve(
  pack: PackName,
  configuration: Configuration,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const analyzer = new Analyzer(configuration);
  const server = new Server({
    "grpc.max_receive_message_length": largestMessage,
    "grpc.max_send_message_length": largestMessage,
  });
  server.addService(rpc.AnalyzerService, {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(pack.version)),
    getAnalyzerInfo: unary(() => info(pack, policies(configuration))),
    configure: unary((request: messages.ConfigureAnalyzerRequest) => {
      analyzer.configure(givenIn(request));
      return new empty.Empty();
    }),
    configureStack: unary(() => new messages.AnalyzerStackConfigureResponse()),
    analyze: unary((request: messages.AnalyzeRequest) =>
      analyzed(pack, analyzer.analyze(resourceOf(request))),
    ),
    remediate: unary((request: messages.AnalyzeRequest) =>
      remediated(pack, analyzer.remediate(resourceOf(request))),
    ),
    analyzeStack: unary((request: messages.AnalyzeStackRequest) =>
      analyzed(pack, analyzer.analyzeStack(stackOf(request))),
    ),
  });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve({ port, close: () => server.forceShutdown() }) : reject(error),
    );
  });
}

/** A call that fails, for whatever reason, lets nothing through: the engine stops with the error. */
function unary<Request, Response>(
  answer: (request: Request) => Response,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    try {
      callback(null, answer(call.request));
    } catch (error) {
      const details =
        error instanceof SettingsError ? error.message : error instanceof Error ? error.stack : String(error);
      callback({ code: status.UNKNOWN, details: details ?? "" });
    }
  };
}
