import type { MeshSettings } from "../translate/entities.js";
import type { Caller } from "./caller.js";
import { MeshError } from "./errors.js";
import { ownMesh } from "./rules/access.js";
import { DEFAULT_SETTINGS, encodeSettings } from "./settings.js";
import type { MeshState } from "./state.js";
import type { Transactions } from "./transactions.js";

/** What the owner of a mesh settles beyond App Mesh's model. A mesh of another account is not there. */
export class MeshSettingsOperations {
  readonly #state: MeshState;
  readonly #transactions: Transactions;

  constructor({ state, transactions }: { readonly state: MeshState; readonly transactions: Transactions }) {
    this.#state = state;
    this.#transactions = transactions;
  }

  describe(caller: Caller, meshName: string): MeshSettings {
    return this.#state.settings(ownMesh(this.#state, caller, meshName));
  }

  /** Settles what is given and leaves the rest at its default. */
  update(caller: Caller, meshName: string, body: unknown): Promise<MeshSettings> {
    const given = read(body);
    return this.#transactions.run(caller, () => {
      const address = ownMesh(this.#state, caller, meshName);
      const before = this.#state.settings(address);
      const after = { ...DEFAULT_SETTINGS, ...given };
      const change = {
        operation: "UpdateMeshSettings",
        address,
        before: { settings: before },
        after: { settings: after },
      };
      const isDefault = JSON.stringify(after) === JSON.stringify(DEFAULT_SETTINGS);
      return {
        writes: [encodeSettings(address, isDefault ? undefined : after)],
        result: after,
        change,
      };
    });
  }
}

function read(body: unknown): Partial<MeshSettings> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid(`the body must be an object, such as {"defaultRetries": false}`);
  }
  for (const [name, value] of Object.entries(body)) {
    if (name !== "defaultRetries")
      throw invalid(`${name}: there is no such setting; there is defaultRetries.`);
    if (typeof value !== "boolean")
      throw invalid(`${name}: ${JSON.stringify(value)} was given; true or false is allowed.`);
  }
  return body;
}

const invalid = (message: string) => new MeshError("BadRequestException", message);
