import type { IncomingMessage } from "node:http";
import { ProtocolError } from "./errors.js";

export interface BodyLimits {
  /** The largest body that is read. The largest spec that the model allows is far smaller. */
  readonly bytes: number;
  /** What all bodies that are being read may take together, beyond the free bytes of each. */
  readonly bytesTogether: number;
  /** So many bytes of each body do not count: ordinary requests are served however many large ones there are. */
  readonly freeBytes: number;
}

export const defaultBodyLimits: BodyLimits = {
  bytes: 1024 * 1024,
  bytesTogether: 64 * 1024 * 1024,
  freeBytes: 16 * 1024,
};

/**
 * Reads bodies as bytes, so many of each and so many at once: ten thousand connections that each send a large one slowly
 * do not take ten gigabytes.
 */
export class Bodies {
  readonly #limits: BodyLimits;
  #together = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  read(payload: IncomingMessage, announced: string | undefined): Promise<Buffer> {
    const { bytes, bytesTogether, freeBytes } = this.#limits;
    return new Promise((resolve, reject) => {
      if (Number(announced) > bytes) {
        payload.on("error", () => {}).resume();
        reject(this.#tooLarge());
        return;
      }
      const chunks: Buffer[] = [];
      let length = 0;
      let counted = 0;
      const end = (settle: () => void) => {
        this.#together -= counted;
        payload.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
        // The rest of what is refused is read and let go, as long as the request has time: a client that is cut off while it
        // sends does not see why.
        payload.on("error", () => {}).resume();
        settle();
      };
      const onData = (chunk: Buffer) => {
        length += chunk.length;
        const beyond = Math.max(0, length - freeBytes);
        this.#together += beyond - counted;
        counted = beyond;
        if (length > bytes) end(() => reject(this.#tooLarge()));
        else if (this.#together > bytesTogether) end(() => reject(tooMany()));
        else chunks.push(chunk);
      };
      const onEnd = () => end(() => resolve(Buffer.concat(chunks, length)));
      // Whoever sent it is gone: nobody reads the answer.
      const onError = (error: Error) => end(() => reject(cutOff(error)));
      const onClose = () => end(() => reject(cutOff()));
      payload.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
    });
  }

  #tooLarge(): ProtocolError {
    const { bytes } = this.#limits;
    const message = `the request's body is too large; at most ${bytes} bytes are allowed`;
    return new ProtocolError(400, "BadRequestException", message);
  }
}

const tooMany = () =>
  new ProtocolError(
    429,
    "TooManyRequestsException",
    "too many large requests are being read at this time; try again later, or send smaller ones",
  );

const cutOff = (cause?: Error) =>
  new ProtocolError(
    400,
    "BadRequestException",
    `the request's body ended in its middle${cause ? `: ${cause.message}` : ""}`,
  );
