import { setImmediate } from "node:timers/promises";
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
import { forLooking, placeOf, type Translate, translated } from "./translated.js";
import { entityName, WholeMesh } from "./whole-mesh.js";

const rules = [references, usage, listening, targets, retries, reachability, effects];

export interface DiagnosisOptions {
  readonly state: MeshState;
  /** As proxies get it, for what they are told. */
  readonly source: Pick<MeshSource, "entities" | "subscribe">;
  readonly translate: Translate;
}

/** How many meshes' diagnostics are kept. One that is looked at again costs nothing until something in it changes. */
const KEPT = 20;
/** Where there are changes all the time, what was found is told at last, though some of it may be out of date. */
const ATTEMPTS = 3;

/** Finds everything in a mesh that does not do what it says. */
export class Diagnosis {
  readonly #options: DiagnosisOptions;
  /** By mesh, those looked at last at the end. */
  readonly #known = new Map<string, Promise<readonly Placed[]>>();
  /** One mesh is looked at after the other: whoever asks how often, no more than one is being worked on. */
  #last: Promise<unknown> = Promise.resolve();
  /** How many changes there have been, in all meshes. */
  #changes = 0;
  readonly #unsubscribe: () => void;

  constructor(options: DiagnosisOptions) {
    this.#options = options;
    this.#unsubscribe = options.source.subscribe(({ meshName, meshOwner }) => {
      this.#changes++;
      this.#known.delete(addressKey({ kind: "mesh", meshOwner, names: [meshName] }));
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
    const known = this.#known.get(key) ?? this.#inTurn(key, () => this.#look(mesh));
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  #inTurn<T>(key: string, look: () => Promise<T>): Promise<T> {
    const looked = this.#last.then(look);
    this.#last = looked.catch(() => this.#known.delete(key));
    return looked;
  }

  async #look(mesh: Address<"mesh">): Promise<readonly Placed[]> {
    for (let attempt = 1; ; attempt++) {
      const changes = this.#changes;
      const found = await this.#find(mesh);
      if (this.#changes === changes || attempt === ATTEMPTS) return found;
    }
  }

  async #find(mesh: Address<"mesh">): Promise<readonly Placed[]> {
    const { state, source, translate } = this.#options;
    const whole = new WholeMesh(state, mesh);
    const findings: Finding[] = state.unreadable(mesh).map(({ key, reason }) => ({
      code: "UnreadableRecord",
      address: mesh,
      path: "",
      message: `the record ${key} of the store cannot be read: ${reason}. Proxies that need it keep what they have`,
      remedy:
        "If a later release of appmesh wrote it, start that one. If it is damaged, bring it back, as docs/operations.md tells.",
    }));
    for (const rule of rules) {
      for (const finding of rule(whole)) findings.push(finding);
      await others();
    }
    const told = new Set(findings.map(({ address, path }) => `${entityName(address)} ${path}`));
    for (const { covers = [] } of findings)
      for (const { entity, path } of covers) told.add(`${entity} ${path}`);
    const entities = forLooking(source.entities(ownName(mesh), mesh.meshOwner));
    for (const kind of ["virtualNode", "virtualGateway"] as const) {
      for (const { address } of [...whole.all(kind)]) {
        for (const finding of translated(translate, entities, address)) {
          if (!told.has(`${entityName(finding.address)} ${finding.path}`)) findings.push(finding);
        }
        await others();
      }
    }
    return this.#placed(findings);
  }

  /** In order, each once. What was found of entities that are gone by now is left out. */
  #placed(findings: readonly Finding[]): readonly Placed[] {
    const placed = new Map<string, Placed>();
    for (const { code, address, path, message, remedy } of findings) {
      const entity = this.#options.state.known(address);
      if (!entity) continue;
      const order = [kinds.indexOf(address.kind), placeOf(address, path), code, message].join("\0");
      const { severity } = codes[code];
      const { arn } = entity.metadata;
      placed.set(order, {
        order,
        diagnostic: { severity, code, entity: entityName(address), arn, path, message, remedy },
      });
    }
    return [...placed.values()].sort((a, b) => (a.order < b.order ? -1 : 1));
  }
}

/** Lets others be served in between, proxies among them, however large the mesh. */
const others = () => setImmediate();

const kinds = Object.keys(entityTypes) as Kind[];

interface Placed {
  /** Where it comes in the list. */
  readonly order: string;
  readonly diagnostic: Diagnostic;
}
