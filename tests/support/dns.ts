// A DNS server whose answers a test decides.
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

export interface DnsServer {
  readonly port: number;
  /** Addresses by host name, without a dot at its end. A test changes them as it likes. */
  readonly names: Map<string, readonly string[]>;
  /** Every host name that it was asked for. */
  readonly asked: ReadonlySet<string>;
  close(): Promise<void>;
}

export async function dnsServer(
  names: Readonly<Record<string, readonly string[]>>,
  { host = "127.0.0.1", port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<DnsServer> {
  const answers = new Map(Object.entries(names));
  const asked = new Set<string>();
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, end } = nameAt(query, 12);
    asked.add(name);
    const type = query.readUInt16BE(end);
    const addresses = (answers.get(name.toLowerCase()) ?? []).filter(
      (address) => isIPv6(address) === (type === AAAA),
    );
    const found = type === A || type === AAAA ? addresses : [];
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(answers.has(name.toLowerCase()) ? 0x8580 : 0x8583, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found.length, 6);
    const question = query.subarray(12, end + 4);
    const records = found.map((address) => {
      const data = bytes(address);
      const record = Buffer.alloc(12);
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(1, 6);
      record.writeUInt16BE(data.length, 10);
      return Buffer.concat([record, data]);
    });
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, resolve);
  });
  return {
    port: socket.address().port,
    names: answers,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

const A = 1;
const AAAA = 28;

function nameAt(packet: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}

/** Only whole IPv6 addresses and ::1 are understood. */
function bytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  const whole = address === "::1" ? "0:0:0:0:0:0:0:1" : address;
  return Buffer.from(
    whole.split(":").flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
