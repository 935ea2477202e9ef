import {
  type handleBidiStreamingCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import {
  type Accept,
  type Address,
  type Protocol,
  StatusCode,
  type StreamHandler,
  type Transport,
} from "./transport.js";

const keepaliveMillis = 30_000;
const keepaliveTimeoutMillis = 10_000;
/** Requests are small; the largest known, a first request with 5,000 names, is below 1 MiB. */
const maxRequestBytes = 4 * 1024 * 1024;

/** What one client may leave unread before it is sent no more; it gets the newest state once it has caught up. */
const maxUnsentBytes = 64 * 1024;

const serviceName = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const methods: Readonly<Record<Protocol, string>> = {
  stateOfTheWorld: "StreamAggregatedResources",
  incremental: "DeltaAggregatedResources",
};

/** Carries ADS over grpc-js. Messages stay bytes on both sides. */
export class GrpcTransport implements Transport {
  private readonly server = new Server({
    "grpc.keepalive_time_ms": keepaliveMillis,
    "grpc.keepalive_timeout_ms": keepaliveTimeoutMillis,
    // Envoy keeps its connection alive every 30 s by pings of its own; the default would punish it.
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_receive_message_length": maxRequestBytes,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
  });

  constructor(private readonly credentials: ServerCredentials = ServerCredentials.createInsecure()) {}

  async listen(host: string, port: number, accept: Accept): Promise<Address> {
    this.server.addService(service, {
      stateOfTheWorld: handler("stateOfTheWorld", accept),
      incremental: handler("incremental", accept),
    });
    const target = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const bound = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync(target, this.credentials, (error, boundPort) =>
        error === null ? resolve(boundPort) : reject(error),
      ),
    );
    return { host, port: bound };
  }

  async close(graceMillis: number): Promise<void> {
    const cut = setTimeout(() => this.server.forceShutdown(), graceMillis);
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    clearTimeout(cut);
  }
}

const identity = (message: Buffer): Buffer => message;
const service = Object.fromEntries(
  Object.entries(methods).map(([protocol, method]) => [
    protocol,
    {
      path: `/${serviceName}/${method}`,
      requestStream: true,
      responseStream: true,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  ]),
) as ServiceDefinition;

function handler(protocol: Protocol, accept: Accept): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => {
    let stream: StreamHandler | undefined;
    let over = false;
    let unsentBytes = 0;
    let fellBehind = false;
    const finish = (): void => {
      if (over) return;
      over = true;
      stream?.closed();
    };
    stream = accept(protocol, {
      peer: call.getPeer(),
      send(body, tail) {
        if (over) return false;
        const message = Buffer.concat([body, tail]);
        unsentBytes += message.length;
        call.write(message, () => {
          unsentBytes -= message.length;
          if (!fellBehind || unsentBytes > 0 || over) return;
          fellBehind = false;
          stream?.drained();
        });
        fellBehind = unsentBytes > maxUnsentBytes;
        return !fellBehind;
      },
      end(code, details) {
        if (over) return;
        over = true;
        if (code === StatusCode.ok) call.end();
        else call.emit("error", { code, details, metadata: new Metadata() });
      },
    });
    call.on("data", (message: Buffer) => {
      if (!over) stream?.received(message);
    });
    // A client that closes its half will ask for nothing more: the stream has served its purpose.
    call.on("end", () => {
      finish();
      call.end();
    });
    call.on("error", finish);
    call.on("close", finish);
    call.on("cancelled", finish);
  };
}
