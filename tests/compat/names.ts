// How AWS's clients write the names of App Mesh's operations and kinds of entities.

const words = (name: string): string[] => name.split(/(?=[A-Z])|[_-]/).map((word) => word.toLowerCase());

/** createMesh, CreateMesh, create-mesh -> create_mesh, as boto3 has it. */
export const snake = (name: string): string => words(name).join("_");

/** -> create-mesh, as the AWS CLI has it. */
export const kebab = (name: string): string => words(name).join("-");

/** -> createMesh, as JavaScript has it, and answers their members. */
export const camel = (name: string): string =>
  words(name)
    .map((word, n) => (n === 0 ? word : (word[0] ?? "").toUpperCase() + word.slice(1)))
    .join("");

/** Of a title, as in VirtualNode: the operation that lists its kind. */
export const listOperation = (title: string): string => `List${title}${title === "Mesh" ? "es" : "s"}`;

/** What names an entity's parent, of what names the entity. */
export const parentNames = (names: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(names).slice(0, -1));
