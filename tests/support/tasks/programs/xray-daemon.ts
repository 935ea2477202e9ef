// What stands for the X-Ray daemon: takes its protocol over UDP, and prints each segment as a line of JSON. It says why
// it takes none that the daemon would not take. Option: -b ADDRESS:PORT (default: 127.0.0.1:2000).
import { createSocket } from "node:dgram";

const [, host = "127.0.0.1", port = "2000"] =
  /-b[ =]([^ ]*):(\d+)/.exec(process.argv.slice(2).join(" ")) ?? [];

/** The daemon takes a line {"format":"json","version":1}, and then a segment with what X-Ray wants of one. */
function segmentOf(message: string): unknown {
  const end = message.indexOf("\n");
  const { format, version } = JSON.parse(message.slice(0, Math.max(end, 0)) || "{}");
  if (format !== "json" || version !== 1) throw new Error(`the header is ${message.slice(0, end)}`);
  const segment = JSON.parse(message.slice(end + 1));
  if (!/^[0-9a-f]{16}$/.test(segment.id)) throw new Error(`the id is ${segment.id}`);
  if (!/^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(segment.trace_id))
    throw new Error(`the trace_id is ${segment.trace_id}`);
  if (typeof segment.name !== "string" || segment.name === "") throw new Error("it has no name");
  if (typeof segment.start_time !== "number") throw new Error("it has no start_time");
  if (typeof segment.end_time !== "number" && segment.in_progress !== true)
    throw new Error("it has no end_time");
  return segment;
}

const socket = createSocket("udp4");
socket.on("message", (message) => {
  try {
    console.log(`segment ${JSON.stringify(segmentOf(message.toString()))}`);
  } catch (error) {
    console.log(`refused ${(error as Error).message}`);
  }
});
socket.bind(Number(port), host, () => console.log(`listens on ${host}:${port}`));
process.once("SIGTERM", () => process.exit(0));
