import type { Logging } from "@pulumi-appmesh/model";
import type { AccessLogJson } from "../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { SubstitutionFormatStringJson } from "../gen/envoy/config/core/v3/substitution_format_string_pb.js";
import { packed } from "./extensions.js";

/** The access log of a proxy: what comes in and what goes out alike. */
export function accessLog(logging: Logging | undefined): readonly AccessLogJson[] {
  const file = logging?.accessLog?.file;
  if (file === undefined) return [];
  const format = formatOf(file.format);
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

type Format = NonNullable<NonNullable<NonNullable<Logging["accessLog"]>["file"]>["format"]>;

function formatOf(format: Format | undefined): SubstitutionFormatStringJson | undefined {
  if (format?.text !== undefined) return { textFormatSource: { inlineString: format.text } };
  if (format?.json !== undefined) {
    return { jsonFormat: Object.fromEntries(format.json.map(({ key, value }) => [key, value])) };
  }
  return undefined;
}
