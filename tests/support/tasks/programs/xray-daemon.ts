// What stands for the X-Ray daemon: takes its protocol over UDP on 2000, and prints each segment as a line of JSON.
import { xrayDaemon } from "../../trace-collectors.js";

const daemon = await xrayDaemon({ host: "0.0.0.0", port: 2000 });
console.log("Starting proxy http server on 0.0.0.0:2000");
let told = 0;
setInterval(() => {
  for (const { header, segment } of daemon.received.slice(told)) {
    console.log(`segment ${JSON.stringify({ header, segment })}`);
  }
  told = daemon.received.length;
}, 50);
process.once("SIGTERM", () => process.exit(0));
