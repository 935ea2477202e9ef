import { credentials } from "@grpc/grpc-js";
import { engine, engineRpc } from "./protocol.js";

export type Severity = "debug" | "info" | "warning" | "error";

/** The way to the user's terminal: messages go through the engine, which shows them beside the resource. */
export class Engine {
  #address: string | undefined;
  #client: InstanceType<typeof engineRpc.EngineClient> | undefined;

  constructor(address: string | undefined) {
    this.#address = address;
  }

  get address(): string | undefined {
    return this.#address;
  }

  /** A debugger that started the plugin itself tells it only later which engine uses it. */
  attach(address: string): void {
    this.#client?.close();
    this.#client = undefined;
    this.#address = address;
  }

  /** Shows a message; `ephemeral` ones are replaced by the next. A message that cannot be delivered is lost. */
  log(severity: Severity, message: string, urn = "", ephemeral = false): void {
    if (this.#address === undefined) return;
    this.#client ??= new engineRpc.EngineClient(this.#address, credentials.createInsecure());
    const request = new engine.LogRequest();
    request.setSeverity(engine.LogSeverity[severity.toUpperCase() as "INFO"]);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    this.#client.log(request, () => {});
  }

  close(): void {
    this.#client?.close();
  }
}
