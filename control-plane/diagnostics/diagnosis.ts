import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type Address, addressKey, ownName } from "../mesh/address.js";
import type { Caller } from "../mesh/caller.js";
import { checkLimit, ENTITIES_A_PAGE, lastOfPage, type PageRequest, pageToken } from "../mesh/pages.js";
import { visible } from "../mesh/rules/access.js";
import type { MeshState } from "../mesh/state.js";
import type { MeshSource } from "../source/mesh-source.js";
import { codes, type Diagnostic, type Finding } from "./diagnostic.js";
import { effects } from "./rules/effects.js";
import { listening } from "./rules/listening.js";
import { reachability } from "./rules/reachability.js";
import { references, usage } from "./rules/references.js";
import { retries } from "./rules/retries.js";
import { targets } from "./rules/targets.js";
import { forLooking, type Translate, translated } from "./translated.js";
import { Turns } from "./turns.js";
import { entityName, WholeMesh } from "./whole-mesh.js";

const rules = [references, usage, listening, targets, retries, reachability, effects];

export interface DiagnosisOptions {
  readonly state: MeshState;
  /** As proxies get it: which of AWS's services are asked, and what changes. */
  readonly source: Pick<MeshSource, "entities" | "subscribe">;
  readonly translate: Translate;
  /** The time in milliseconds, from any beginning. */
  readonly now?: () => number;
}

/** How many meshes' diagnostics are kept. One that is looked at again costs nothing until something in it changes. */
const KEPT = 20;

/** Of one revision of a mesh. */
interface Look {
  /** Changes from here on do not show in it. */
  begun: boolean;
  found: Promise<readonly Placed[]>;
}

/** Finds everything in a mesh that does not do what it says. */
export class Diagnosis {
  readonly #options: DiagnosisOptions;
  /** By mesh, those looked at last at the end. */
  readonly #known = new Map<string, Look>();
  /** One mesh is looked at after the other: whoever asks how often, no more than one is being worked on. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #unsubscribe: () => void;

  constructor(options: DiagnosisOptions) {
    this.#options = options;
    this.#unsubscribe = options.source.subscribe(({ meshName, meshOwner }) => {
      const key = addressKey({ kind: "mesh", meshOwner, names: [meshName] });
      if (this.#known.get(key)?.begun) this.#known.delete(key);
    });
  }

  /** In the order of the kinds, the entities' names and the paths. */
  async list(
    caller: Caller,
    mesh: Address<"mesh">,
    { limit, nextToken }: PageRequest,
  ): Promise<{ items: readonly Diagnostic[]; nextToken: string | undefined }> {
    const most = checkLimit(limit, ENTITIES_A_PAGE);
    const list = `diagnostics ${addressKey(visible(this.#options.state, caller, mesh).address)}`;
    const after = lastOfPage(list, nextToken);
    const all = await this.#of(mesh);
    const rest = after === undefined ? all : all.filter(({ order }) => order > after);
    const page = rest.slice(0, most);
    return {
      items: page.map(({ diagnostic }) => diagnostic),
      nextToken: pageToken(list, rest.length > most ? page.at(-1)?.order : undefined),
    };
  }

  close(): void {
    this.#unsubscribe();
  }

  #of(mesh: Address<"mesh">): Promise<readonly Placed[]> {
    const key = addressKey(mesh);
    const look = this.#known.get(key) ?? this.#inTurn(key, mesh);
    this.#known.delete(key);
    this.#known.set(key, look);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return look.found;
  }

  #inTurn(key: string, mesh: Address<"mesh">): Look {
    const look: Look = { begun: false, found: Promise.resolve([]) };
    look.found = this.#last.then(() => {
      look.begun = true;
      return this.#find(mesh);
    });
    this.#last = look.found.catch(() => {
      if (this.#known.get(key) === look) this.#known.delete(key);
    });
    return look;
  }

  async #find(mesh: Address<"mesh">): Promise<readonly Placed[]> {
    const { state, source, translate, now = () => performance.now() } = this.#options;
    const turns = new Turns(now);
    const whole = new WholeMesh(state, mesh, turns);
    const findings: Finding[] = whole.unreadable.map(({ key, reason }) => ({
      code: "UnreadableRecord",
      address: mesh,
      path: "",
      message: `the record ${key} of the store cannot be read: ${reason}. Proxies that need it keep what they have`,
      remedy:
        "If a later release of appmesh wrote it, start that one. If it is damaged, bring it back, as docs/operations.md tells.",
    }));
    const told = new Set<string>();
    for (const rule of rules) {
      for await (const finding of rule(whole)) {
        findings.push(finding);
        const { address, path, covers = [] } = finding;
        told.add(`${entityName(address)} ${path}`);
        for (const { entity, path } of covers) told.add(`${entity} ${path}`);
      }
    }
    const entities = forLooking(whole, source.entities(ownName(mesh), mesh.meshOwner));
    for (const kind of ["virtualNode", "virtualGateway"] as const) {
      for await (const { address } of whole.all(kind)) {
        for (const finding of translated(translate, entities, address)) {
          if (!told.has(`${entityName(finding.address)} ${finding.path}`)) findings.push(finding);
        }
      }
    }
    return placed(whole, findings, turns);
  }
}

/** In order, each once. */
async function placed(
  mesh: WholeMesh,
  findings: readonly Finding[],
  turns: Turns,
): Promise<readonly Placed[]> {
  const byEntity = new Map<string, Finding[]>();
  for (const finding of findings) {
    await turns.next();
    const { kind } = finding.address;
    // No name holds a space, and none of their characters comes before it.
    const key = `${kinds.indexOf(kind)}\0${addressKey(finding.address)} `;
    const others = byEntity.get(key);
    if (others) others.push(finding);
    else byEntity.set(key, [finding]);
  }
  const all: Placed[] = [];
  for (const [key, ofOne] of [...byEntity].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await turns.next();
    const once = new Map<string, Placed>();
    for (const { code, address, path, message, remedy } of ofOne) {
      const entity = mesh.at(address);
      if (!entity) continue;
      const order = [`${key}${path}`, code, message].join("\0");
      const { severity } = codes[code];
      const { arn } = entity.metadata;
      once.set(order, {
        order,
        diagnostic: { severity, code, entity: entityName(address), arn, path, message, remedy },
      });
    }
    all.push(...[...once.values()].sort((a, b) => (a.order < b.order ? -1 : 1)));
  }
  return all;
}

const kinds = Object.keys(entityTypes) as Kind[];

interface Placed {
  /** Where it comes in the list. */
  readonly order: string;
  readonly diagnostic: Diagnostic;
}
