import { AppMesh } from "../client/appmesh.js";
import { Stopped } from "../client/errors.js";
import type { Connection } from "../client/http.js";
import type { Context } from "../resources/operations.js";
import type { Resource } from "../resources/resource.js";
import { resources } from "../resources/resources.js";
import type { Engine } from "./engine.js";
import { NotImplemented } from "./failures.js";
import type { ObjectValue } from "./values.js";

/** What the calls of one engine share: the way back to it, the connection, and the word to stop. */
export class Plugin {
  readonly #stop = new AbortController();
  #appMesh: AppMesh | undefined;
  #defaultTags: ObjectValue = {};

  constructor(readonly engine: Engine) {}

  /** What every entity is tagged with, besides its own tags. */
  get defaultTags(): ObjectValue {
    return this.#defaultTags;
  }

  configure(connection: Connection, defaultTags: ObjectValue): void {
    this.#defaultTags = defaultTags;
    this.#appMesh?.close();
    this.#appMesh = new AppMesh(connection);
  }

  /** Ends everything that is under way. */
  cancel(): void {
    this.#stop.abort(
      new Stopped("the operation was cancelled; what was not answered yet may or may not have been done"),
    );
  }

  /** The means to carry out one operation on a resource. The time limit is in seconds; 0 means none. */
  operation(urn: string, timeLimit = 0): Context {
    if (this.#appMesh === undefined) throw new Error("the provider has not been configured");
    const limited = timeLimit > 0;
    const limits = limited ? [AbortSignal.timeout(timeLimit * 1000)] : [];
    return {
      appMesh: this.#appMesh,
      ...(limited && { timeLimit: timeLimit * 1000 }),
      call: {
        signal: AbortSignal.any([this.#stop.signal, ...limits]),
        onRetry: (text) => this.engine.log("info", text, urn, true),
      },
    };
  }
}

/** urn:pulumi:STACK::PROJECT::PARENT$appmesh:index:Mesh::NAME */
export function parseUrn(urn: string): { readonly type: string; readonly name: string } {
  const [, , qualified = "", ...name] = urn.split("::");
  return { type: qualified.split("$").at(-1) ?? "", name: name.join("::") };
}

export function resourceOf(urn: string): Resource {
  const { type } = parseUrn(urn);
  const known = resources.get(type);
  if (known !== undefined) return known;
  throw new NotImplemented(
    `${type} is not a resource of this provider; it has ${[...resources.keys()].join(", ")}.`,
  );
}
