import type { ListenerTls, Path } from "@pulumi-appmesh/model";
import type { Judge } from "../../rule.js";

/** Finds a listener that takes connections without TLS. */
export function strictListener(
  listener: { readonly portMapping: { readonly port: number }; readonly tls?: ListenerTls },
  path: Path,
  judge: Judge<object>,
): void {
  const { tls } = listener;
  if (tls === undefined) {
    judge.find([...path, "tls"], {
      message: "there is no tls, so that the listener takes connections without TLS only",
      fix: "give tls with mode STRICT and a certificate",
    });
  } else if (tls.mode !== "STRICT") {
    judge.find([...path, "tls", "mode"], {
      message: `mode ${tls.mode} takes connections without TLS`,
      fix: "set mode to STRICT",
      // A listener whose TLS was switched off may have a certificate that nobody has tried.
      ...(tls.mode === "PERMISSIVE" ? { edits: [{ path: [...path, "tls", "mode"], value: "STRICT" }] } : {}),
    });
  }
}
