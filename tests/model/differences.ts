import type { IntegerShape, ListShape, Shape, StringShape, StructureShape } from "@pulumi-appmesh/model";
import type { Contract, ContractShape } from "./contract.js";

/** Everything in which a shape of the model and a shape of the contract differ, from there inwards. */
export function differences(contract: Contract, shape: Shape, contractName: string): string[] {
  const comparison = new Comparison(contract);
  comparison.compare(shape, contractName, contractName);
  return [...comparison.found];
}

/** Structures of the contract that go by another name in the model, from there inwards. */
export function renamed(contract: Contract, shape: Shape, contractName: string): Record<string, string> {
  const comparison = new Comparison(contract);
  comparison.compare(shape, contractName, contractName);
  return Object.fromEntries(comparison.renamed);
}

class Comparison {
  readonly found = new Set<string>();
  readonly renamed = new Map<string, string>();

  constructor(private readonly contract: Contract) {}

  /** The place is the nearest structure of the contract, and the member in it. */
  compare(shape: Shape, contractName: string, place: string): void {
    const other = this.contract.shapes[contractName];
    if (other === undefined) throw new Error(`the contract has no shape ${contractName}`);
    const kind = kindOf(other);
    if (shape.kind === "enum" && kind === "string") {
      this.differ(place, "values", Object.keys(shape.values).join(" "), undefined);
    } else if (shape.kind !== kind) {
      this.differ(place, "kind", shape.kind, kind);
    } else if (shape.kind === "string") {
      this.compareStrings(shape, other, place);
    } else if (shape.kind === "integer") {
      this.compareIntegers(shape, other, place);
    } else if (shape.kind === "enum") {
      this.differ(place, "values", Object.keys(shape.values).join(" "), other.enum?.join(" "));
      this.compareNames(shape.name, contractName);
    } else if (shape.kind === "list") {
      this.compareLists(shape, other, place);
    } else if (shape.kind === "structure") {
      this.compareNames(shape.name, contractName);
      this.compareStructures(shape, other, contractName);
    }
  }

  private compareNames(name: string, contractName: string): void {
    if (name !== contractName) this.renamed.set(contractName, name);
  }

  private compareStrings(shape: StringShape, other: ContractShape, place: string): void {
    this.differ(place, "shortest", shape.minLength || undefined, other.min || undefined);
    this.differ(place, "longest", shape.maxLength, other.max);
    // The contract repeats a space within a class of characters, which says no more than one.
    this.differ(place, "pattern", shape.pattern?.regex.source, other.pattern?.replace(/ +/g, " "));
  }

  private compareIntegers(shape: IntegerShape, other: ContractShape, place: string): void {
    // An integer of the contract has 32 bits; a long has more than JSON's numbers can hold, and so no limit here.
    const [smallest, largest] = other.type === "integer" ? [-(2 ** 31), 2 ** 31 - 1] : [];
    this.differ(place, "smallest", shape.min, other.min ?? smallest);
    this.differ(place, "largest", shape.max, other.max ?? largest);
  }

  private compareLists(shape: ListShape, other: ContractShape, place: string): void {
    this.differ(place, "fewest", shape.minItems || undefined, other.min || undefined);
    this.differ(place, "most", shape.maxItems, other.max);
    this.compare(shape.item, other.member?.shape ?? "", `${place}[]`);
  }

  private compareStructures(shape: StructureShape, other: ContractShape, name: string): void {
    const otherMembers = other.members ?? {};
    for (const member of new Set([...Object.keys(shape.members), ...Object.keys(otherMembers)])) {
      const [mine, its] = [shape.members[member], otherMembers[member]];
      const place = `${name}.${member}`;
      this.differ(place, "member", mine ? "there" : "missing", its ? "there" : "missing");
      if (mine === undefined || its === undefined) continue;
      this.differ(place, "required", mine.required, other.required?.includes(member) ?? false);
      this.compare(mine.shape, its.shape, place);
    }
    const choices = shape.choices.map(
      ({ of, required }) => `${required ? "exactly" : "at most"} one of ${of.join(" ")}`,
    );
    const union = other.union ? `exactly one of ${Object.keys(otherMembers).sort().join(" ")}` : undefined;
    this.differ(name, "choice", choices.map(inOrder).join(", ") || undefined, union);
  }

  private differ(place: string, what: string, mine: unknown, its: unknown): void {
    if (mine !== its)
      this.found.add(
        `${place}: ${what} is ${mine ?? "not limited"}, ${its ?? "not limited"} in the contract`,
      );
  }
}

/** A choice with its members in alphabetical order, as the contract has them. */
const inOrder = (choice: string): string =>
  choice.replace(/(?<= of ).*/, (names) => names.split(" ").sort().join(" "));

function kindOf(shape: ContractShape): string {
  if (shape.type === "string") return shape.enum === undefined ? "string" : "enum";
  return shape.type === "long" ? "integer" : shape.type;
}
