/*
 * gRPC puts five bytes before each message: whether it is compressed (0 or 1) and its length.
 */
const headerBytes = 5;

export class FrameTooLarge extends Error {
  override readonly name = "FrameTooLarge";
}

/** What goes before a message of that length. */
export function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header[0] = 0;
  header.writeUInt32BE(length, 1);
  return header;
}

/** Takes a stream of bytes apart into messages. */
export class FrameReader {
  private readonly chunks: Buffer[] = [];
  private held = 0;
  /** Bytes that the next message takes with its header, as far as is known. */
  private wanted = headerBytes;

  constructor(private readonly maxBytes: number) {}

  /**
   * The messages that this chunk completes. Throws FrameTooLarge for a message of more than the allowed bytes,
   * before it is held, and an Error for a compressed one.
   */
  read(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk);
    this.held += chunk.length;
    const messages: Buffer[] = [];
    while (this.held >= this.wanted) {
      const bytes = this.join();
      const length = bytes.readUInt32BE(1);
      if (bytes[0] !== 0) throw new Error("compressed messages are not supported: send them uncompressed");
      if (length > this.maxBytes) {
        throw new FrameTooLarge(
          `a message of ${length} bytes is larger than the ${this.maxBytes} that are allowed`,
        );
      }
      this.wanted = headerBytes + length;
      if (this.held < this.wanted) break;
      messages.push(bytes.subarray(headerBytes, this.wanted));
      this.keep(bytes.subarray(this.wanted));
    }
    return messages;
  }

  private join(): Buffer {
    const [first] = this.chunks;
    if (first !== undefined && this.chunks.length === 1) return first;
    const joined = Buffer.concat(this.chunks);
    this.keep(joined);
    return joined;
  }

  private keep(rest: Buffer): void {
    this.chunks.length = 0;
    if (rest.length > 0) this.chunks.push(rest);
    this.held = rest.length;
    this.wanted = headerBytes;
  }
}
