// A service's application that calls the next: answers which images have answered on the way, its own (IMAGE) first. The
// next is at BACKEND_URL, if it has one.
import { createServer, get, type IncomingHttpHeaders } from "node:http";

const { IMAGE = "", BACKEND_URL, PORT = "8080" } = process.env;

interface Way {
  readonly status: number;
  readonly images: readonly string[];
}

function next(url: string, { traceparent }: IncomingHttpHeaders): Promise<Way> {
  // What a traced program passes on.
  const headers = typeof traceparent === "string" ? { traceparent } : {};
  return new Promise((resolve) => {
    get(url, { headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      const { statusCode = 0 } = answer;
      answer.on("end", () =>
        resolve(
          statusCode === 200 ? { status: 200, images: JSON.parse(text) } : { status: 502, images: [text] },
        ),
      );
      answer.on("error", ({ message }) => resolve({ status: 502, images: [message] }));
    }).on("error", ({ message }) => resolve({ status: 502, images: [message] }));
  });
}

const server = createServer(async (incoming, outgoing) => {
  const { status, images } =
    BACKEND_URL === undefined ? { status: 200, images: [] } : await next(BACKEND_URL, incoming.headers);
  outgoing.writeHead(status, { "content-type": "application/json" });
  outgoing.end(JSON.stringify([IMAGE, ...images]));
});
server.listen(Number(PORT), () => console.log(`${IMAGE} listens on ${PORT}`));
process.once("SIGTERM", () => server.close(() => process.exit(0)));
