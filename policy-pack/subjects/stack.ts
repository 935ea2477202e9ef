import type { Subject, SubjectKind } from "../rule.js";
import { choicesIn, isAboutChoices } from "./choices.js";
import { grantsIn, isAboutGrants } from "./grants.js";
import type { Linked } from "./running.js";

/** Subjects that are made of several resources: they are known of a stack as a whole only. And what it is not to have any. */
export const kindsOfStack: Partial<Readonly<Record<SubjectKind, string>>> = {
  grant: "no policy is attached to a role of containers",
  podChoice: "no virtual node or gateway chooses pods",
  meshPod: "no pod gets a proxy",
};

/** Whether resources of the type tell of them. */
export const isAboutSubjects = (type: string): boolean => isAboutGrants(type) || isAboutChoices(type);

/** What resources declare together, with the one that each is told at. */
export const subjectsOfAll = <R extends Linked>(resources: readonly R[]): ReadonlyMap<Subject, R> =>
  new Map<Subject, R>([...grantsIn(resources), ...choicesIn(resources)]);
