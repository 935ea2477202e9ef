/** What may be otherwise than a rule says, for a reason. */
export interface Exemption {
  /** Resources, by their URN: `*` stands for any text, such as `**::catalog-v1` has it. Defaults to all. */
  readonly urn?: string;
  /** Names of rules. */
  readonly rules: readonly string[];
  /** Why: for those who read it later. */
  readonly reason: string;
  /** The last day on which it holds, as YYYY-MM-DD (UTC). If unset, it holds for good. */
  readonly expires?: string;
}

const shortestReason = 10;

/** Reads exemptions that may come from a file. */
export function readExemptions(
  given: unknown,
  ruleNames: readonly string[],
  problems: string[],
): readonly Exemption[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) {
    problems.push(`exemptions: ${JSON.stringify(given)} was given; a list is allowed`);
    return [];
  }
  return given.flatMap((each, index) => {
    const path = `exemptions[${index}]`;
    const before = problems.length;
    if (typeof each !== "object" || each === null) {
      problems.push(`${path}: ${JSON.stringify(each)} was given; an object is allowed`);
      return [];
    }
    const { urn, rules, reason, expires, ...others } = each as Record<string, unknown>;
    for (const name of Object.keys(others)) {
      problems.push(`${path}.${name}: there is no such name; there are urn, rules, reason, expires`);
    }
    if (urn !== undefined && (typeof urn !== "string" || urn === "")) {
      problems.push(
        `${path}.urn: ${JSON.stringify(urn)} was given; a URN is allowed, in which * stands for any text`,
      );
    }
    if (!Array.isArray(rules) || rules.length === 0) {
      problems.push(
        `${path}.rules: ${JSON.stringify(rules)} was given; a list of names of rules is asked for`,
      );
    } else {
      for (const [at, name] of rules.entries()) {
        if (!ruleNames.includes(name))
          problems.push(
            `${path}.rules[${at}]: there is no rule ${JSON.stringify(name)}; there are ${ruleNames.join(", ")}`,
          );
      }
    }
    if (typeof reason !== "string" || reason.trim().length < shortestReason) {
      problems.push(
        `${path}.reason: ${JSON.stringify(reason)} was given; a reason of at least ${shortestReason} characters is asked for`,
      );
    }
    if (expires !== undefined && !isDay(expires)) {
      problems.push(
        `${path}.expires: ${JSON.stringify(expires)} was given; a day such as 2027-01-31 is allowed`,
      );
    }
    return problems.length > before ? [] : [each as Exemption];
  });
}

const isDay = (value: unknown): boolean =>
  typeof value === "string" &&
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value);

/** Finds what is exempt, and remembers what for. */
export class Exemptions {
  readonly #all: readonly {
    readonly exemption: Exemption;
    readonly pattern: RegExp;
    readonly silenced: Silenced[];
  }[];
  readonly #today: string;

  constructor(exemptions: readonly Exemption[], now: number) {
    this.#today = new Date(now).toISOString().slice(0, 10);
    this.#all = exemptions.map((exemption) => ({
      exemption,
      pattern: globPattern(exemption.urn ?? "*"),
      silenced: [],
    }));
  }

  /** Whether a finding is to be left untold. */
  covers(rule: string, urn: string): boolean {
    for (const { exemption, pattern, silenced } of this.#all) {
      if (!exemption.rules.includes(rule) || this.#isOver(exemption) || !pattern.test(urn)) continue;
      silenced.push({ rule, urn });
      return true;
    }
    return false;
  }

  /** What a reader has to know of them: what they leave untold and why, which are over, and which do nothing. */
  report(): readonly string[] {
    return this.#all.map(({ exemption, silenced }) => {
      const { rules, reason, expires, urn = "all resources" } = exemption;
      const what = `${rules.join(", ")} of ${urn}`;
      const why = `${reason}${expires === undefined ? "" : `, until ${expires}`}`;
      if (this.#isOver(exemption))
        return `the exemption from ${what} ended on ${expires} (${reason}): it is over`;
      const findings = new Set(silenced.map((each) => `${each.rule} ${each.urn}`)).size;
      return findings === 0
        ? `the exemption from ${what} silenced nothing (${why}): delete it if it is not needed any more`
        : `${findings} ${findings === 1 ? "finding is" : "findings are"} exempt from ${what} (${why})`;
    });
  }

  #isOver({ expires }: Exemption): boolean {
    return expires !== undefined && expires < this.#today;
  }
}

interface Silenced {
  readonly rule: string;
  readonly urn: string;
}

const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split(/\*+/)
      .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
    "s",
  );
