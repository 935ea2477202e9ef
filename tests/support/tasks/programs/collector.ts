// What stands for the OpenTelemetry collector: takes spans over OTLP (gRPC on 4317, HTTP on 4318) and prints each as a
// line of JSON; tells of its health on 13133, as the extension health_check does.
import { createServer } from "node:http";
import { otlpGrpcCollector, otlpHttpCollector, type Span } from "../../trace-collectors.js";

const grpc = await otlpGrpcCollector({ host: "0.0.0.0", port: 4317 });
const http = await otlpHttpCollector("/v1/traces", { host: "0.0.0.0", port: 4318 });
createServer((_, response) => response.end("{}")).listen(13133, () => console.log("Everything is ready."));

function tell(told: number, spans: readonly Span[]): number {
  for (const span of spans.slice(told)) console.log(`span ${JSON.stringify(span)}`);
  return spans.length;
}
let told: readonly [number, number] = [0, 0];
setInterval(() => {
  told = [tell(told[0], grpc.received), tell(told[1], http.received)];
}, 50);
process.once("SIGTERM", () => process.exit(0));
