import type { Logging, LoggingFormat } from "@pulumi-appmesh/model";
import type { AccessLogJson } from "../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { SubstitutionFormatStringJson } from "../gen/envoy/config/core/v3/substitution_format_string_pb.js";
import { formatRefusal } from "./access-log-format.js";
import { packed } from "./extensions.js";
import type { Refuse } from "./route-match.js";

/** The access log of a proxy: what comes in and what goes out alike. */
export function accessLog(logging: Logging | undefined, refuse: Refuse = () => {}): readonly AccessLogJson[] {
  const file = logging?.accessLog?.file;
  if (file === undefined) return [];
  const format = formatOf(file.format, refuse);
  return [
    {
      name: "envoy.access_loggers.file",
      typedConfig: packed("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
        path: file.path,
        ...(format ? { logFormat: format } : {}),
      }),
    },
  ];
}

function formatOf(
  format: LoggingFormat | undefined,
  refuse: Refuse,
): SubstitutionFormatStringJson | undefined {
  const path = "spec.logging.accessLog.file.format";
  if (format?.text !== undefined) {
    const refusal = formatRefusal(format.text);
    if (refusal === undefined) return { textFormatSource: { inlineString: format.text } };
    refuse(`${path}.text`, `${refusal}; Envoy's default format is written`);
  }
  if (format?.json !== undefined) {
    const members = format.json.filter(({ value }, i) => {
      const refusal = formatRefusal(value);
      if (refusal !== undefined) refuse(`${path}.json[${i}].value`, `${refusal}; the member is left out`);
      return refusal === undefined;
    });
    return { jsonFormat: Object.fromEntries(members.map(({ key, value }) => [key, value])) };
  }
  return undefined;
}
