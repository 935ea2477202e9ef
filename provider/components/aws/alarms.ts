// What is worth waking somebody for, or telling them in the morning. docs/operations.md says what each means.
import { LogMetricFilter } from "@pulumi/aws/cloudwatch/logMetricFilter.js";
import { MetricAlarm, type MetricAlarmArgs } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import { type CustomResourceOptions, type Input, type Output, output } from "@pulumi/pulumi";

export interface Watched {
  readonly actions: Input<Input<string>[]>;
  readonly clusterArn: Output<string>;
  readonly serviceName: Output<string>;
  readonly tableName: Output<string>;
  readonly logGroupName: Output<string>;
  readonly replicas: Input<number>;
  readonly tags: Input<Readonly<Record<string, Input<string>>>> | undefined;
}

const MINUTE = 60;

export function alarms(name: string, watched: Watched, child: CustomResourceOptions): void {
  const { actions, tags } = watched;
  const alarm = (part: string, args: Omit<MetricAlarmArgs, "tags">) =>
    new MetricAlarm(
      `${name}-${part}`,
      {
        // No figure is no fault: nothing is written of what did not happen.
        treatMissingData: "notBreaching",
        alarmActions: actions,
        okActions: actions,
        ...args,
        ...(tags !== undefined && { tags: tags as NonNullable<MetricAlarmArgs["tags"]> }),
      },
      child,
    );
  const clusterName = watched.clusterArn.apply((arn) => arn.slice(arn.indexOf("/") + 1));
  const ofService = { ClusterName: clusterName, ServiceName: watched.serviceName };

  alarm("replicas-missing", {
    alarmDescription:
      "Fewer replicas of the control plane run than should. Proxies keep what they have; look at the events of the ECS service.",
    namespace: "ECS/ContainerInsights",
    metricName: "RunningTaskCount",
    dimensions: ofService,
    statistic: "Minimum",
    comparisonOperator: "LessThanThreshold",
    threshold: watched.replicas,
    period: MINUTE,
    evaluationPeriods: 5,
  });
  for (const [part, metricName, threshold] of [
    ["cpu-high", "CPUUtilization", 80],
    ["memory-high", "MemoryUtilization", 85],
  ] as const) {
    alarm(part, {
      alarmDescription: `A replica of the control plane has little left: ${metricName} above ${threshold} %. Give it more, or add one.`,
      namespace: "AWS/ECS",
      metricName,
      dimensions: ofService,
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold,
      period: 5 * MINUTE,
      evaluationPeriods: 3,
    });
  }
  for (const [part, metricName] of [
    ["reads-throttled", "ReadThrottleEvents"],
    ["writes-throttled", "WriteThrottleEvents"],
  ] as const) {
    alarm(part, {
      alarmDescription:
        "DynamoDB slows the control plane down: changes come late to proxies or are answered with 503. Look for other users of the table.",
      namespace: "AWS/DynamoDB",
      metricName,
      dimensions: { TableName: watched.tableName },
      statistic: "Sum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      period: 5 * MINUTE,
      evaluationPeriods: 2,
    });
  }
  // pino's level 50 is an error: the table cannot be followed, a proxy refused a resource, a certificate cannot be renewed.
  const errors = new LogMetricFilter(
    `${name}-errors`,
    {
      logGroupName: watched.logGroupName,
      pattern: "{ $.level >= 50 }",
      metricTransformation: {
        namespace: "AppMesh/ControlPlane",
        name: `${name}-errors`,
        value: "1",
        unit: "Count",
      },
    },
    child,
  );
  alarm("errors", {
    alarmDescription: "The log of the control plane tells of errors. Each line says what, and what to do.",
    namespace: "AppMesh/ControlPlane",
    metricName: output(errors.metricTransformation).apply(({ name: metric }) => metric),
    statistic: "Sum",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    period: 5 * MINUTE,
    evaluationPeriods: 1,
  });
}
