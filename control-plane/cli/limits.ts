import { InvalidArgumentError } from "commander";
import { defaultLimits, type LimitName, type Limits, limitNames, noLimits } from "../mesh/limits.js";

/** Gathers `--limit virtualNodesPerMesh=5000`, `--limit virtualNodesPerMesh=none` and `--limit none`, in their order. */
export function limit(text: string, previous: Limits = defaultLimits): Limits {
  if (text === "none") return noLimits;
  const [name = "", value = ""] = text.split("=", 2);
  if (!limitNames.includes(name as LimitName)) {
    throw new InvalidArgumentError(`There is no limit "${name}". There are ${limitNames.join(", ")}.`);
  }
  const most = value === "none" ? Number.POSITIVE_INFINITY : /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (Number.isNaN(most)) {
    throw new InvalidArgumentError(`It must be ${name}=NUMBER, with 0 to 999999999, or ${name}=none.`);
  }
  return { ...previous, [name]: most };
}
