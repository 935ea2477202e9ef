const LANGUAGES: Readonly<Record<string, string>> = {
  typescript: "TypeScript",
  python: "Python",
  go: "Go",
  csharp: "C#",
  java: "Java",
  yaml: "YAML",
};

/** The parts of a description: what is said, its first sentence, the example in every language, and the sections after it. */
export function described({ description }: { readonly description: string }) {
  const [, before = description, shown = "", after = ""] =
    /^(.*?)\s*\{\{% examples %\}\}(.*)\{\{% \/examples %\}\}\s*(.*)$/s.exec(description) ?? [];
  const [text = "", ...sections] = [...before.split(/\n\n(?=## )/), ...(after === "" ? [] : [after])];
  return { text, summary: /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text, example: example(shown), sections };
}

/** TypeScript's program is seen at once; the others unfold. */
function example(shown: string): string {
  const [, title] = /^### (.*)$/m.exec(shown) ?? [];
  if (title === undefined) return "";
  const programs = [...shown.matchAll(/^```(\w+)\n.*?^```$/gms)].map(([block, language = ""]) => {
    const open = language === "typescript" ? " open" : "";
    return `<details${open}><summary>${LANGUAGES[language]}</summary>\n\n${block}\n\n</details>`;
  });
  return [`## Example\n\n${title}:`, ...programs].join("\n\n");
}
