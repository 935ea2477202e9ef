import {
  formatViolation,
  type GivenMeshSettings,
  MeshSettings as Shape,
  validate,
} from "@pulumi-appmesh/model";
import type { MeshSettings } from "../translate/entities.js";
import type { Caller } from "./caller.js";
import { MeshError } from "./errors.js";
import { changedTo, DEFAULT_SETTLE_SECONDS, stepAt, steps } from "./managed-tls.js";
import { ownMesh } from "./rules/access.js";
import { DEFAULT_SETTINGS, encodeSettings } from "./settings.js";
import type { MeshState } from "./state.js";
import type { Transactions } from "./transactions.js";

/** As clients see them. */
export interface DescribedSettings {
  readonly defaultRetries: boolean;
  readonly managedTls?: {
    readonly mode: string;
    readonly settleSeconds: number;
    /** What listeners take, and what callers speak, now. */
    readonly listeners: string;
    readonly callers: string;
  };
}

export interface MeshSettingsOptions {
  readonly state: MeshState;
  readonly transactions: Transactions;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What the owner of a mesh settles beyond App Mesh's model. A mesh of another account is not there. */
export class MeshSettingsOperations {
  readonly #state: MeshState;
  readonly #transactions: Transactions;
  readonly #now: () => number;

  constructor({ state, transactions, now = Date.now }: MeshSettingsOptions) {
    this.#state = state;
    this.#transactions = transactions;
    this.#now = now;
  }

  describe(caller: Caller, meshName: string): DescribedSettings {
    return this.#described(this.#state.settings(ownMesh(this.#state, caller, meshName)));
  }

  /** Settles what is given and leaves the rest at its default. */
  update(caller: Caller, meshName: string, body: unknown): Promise<DescribedSettings> {
    const given = read(body);
    return this.#transactions.run(caller, () => {
      const address = ownMesh(this.#state, caller, meshName);
      const before = this.#state.settings(address);
      const after = this.#settled(before, given);
      const change = {
        operation: "UpdateMeshSettings",
        address,
        before: { settings: this.#described(before) },
        after: { settings: this.#described(after) },
      };
      const isDefault = JSON.stringify(after) === JSON.stringify(DEFAULT_SETTINGS);
      return {
        writes: [encodeSettings(address, isDefault ? undefined : after)],
        result: this.#described(after),
        change,
      };
    });
  }

  #settled(before: MeshSettings, { managedTls, ...given }: GivenMeshSettings): MeshSettings {
    const { mode = "OFF", settleSeconds = DEFAULT_SETTLE_SECONDS } = managedTls ?? {};
    const seconds = this.#now() / 1000;
    const setting =
      before.managedTls === undefined && mode === "OFF"
        ? undefined
        : changedTo(before.managedTls, mode, settleSeconds, seconds);
    // What only a later release knows is not for this one to change.
    const { defaultRetries: _, managedTls: __, ...further } = before;
    return { ...DEFAULT_SETTINGS, ...further, ...given, ...(setting && { managedTls: setting }) };
  }

  #described({ defaultRetries, managedTls }: MeshSettings): DescribedSettings {
    const step = managedTls ? stepAt(managedTls, this.#now() / 1000) : 0;
    if (managedTls === undefined || (managedTls.mode === "OFF" && step === 0)) return { defaultRetries };
    const { mode, settleSeconds } = managedTls;
    return { defaultRetries, managedTls: { mode, settleSeconds, ...(steps[step] ?? steps[0]) } };
  }
}

function read(body: unknown): GivenMeshSettings {
  const violations = validate(Shape, body);
  if (violations.length === 0) return body as GivenMeshSettings;
  throw new MeshError("BadRequestException", violations.map(formatViolation).join(" "));
}
