package appmesh;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.services.appmesh.AppMeshClient;
import software.amazon.awssdk.services.appmesh.model.DurationUnit;
import software.amazon.awssdk.services.appmesh.model.ResourceMetadata;
import software.amazon.awssdk.services.appmesh.model.WeightedTarget;

/** What the checks of this program share. */
final class Support {
  static final String ACCOUNT = "000000000000";
  static final String ARN = "arn:aws:appmesh:us-east-1:" + ACCOUNT + ":mesh/";

  /** The operations that have been called by now. */
  static final Set<String> called = new TreeSet<>();

  private Support() {}

  /** As a program makes it that has nothing but its environment. */
  static AppMeshClient connect() {
    ExecutionInterceptor note =
        new ExecutionInterceptor() {
          @Override
          public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
            called.add(attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
          }
        };
    return AppMeshClient.builder().overrideConfiguration(o -> o.addExecutionInterceptor(note)).build();
  }

  static void same(Object given, Object want) {
    if (!given.equals(want)) throw new AssertionError("\n given: " + given + "\n  want: " + want);
  }

  /** What the metadata of an entity has to be. Its uid and its times are looked at, and taken as given. */
  static ResourceMetadata metadata(ResourceMetadata given, String path, long version) {
    if (given.uid().length() != 36) throw new AssertionError("uid " + given.uid());
    if (given.createdAt().isBefore(Instant.now().minus(Duration.ofHours(1)))
        || given.lastUpdatedAt().isBefore(given.createdAt())) {
      throw new AssertionError("times of " + given);
    }
    return ResourceMetadata.builder()
        .arn(ARN + path)
        .createdAt(given.createdAt())
        .lastUpdatedAt(given.lastUpdatedAt())
        .meshOwner(ACCOUNT)
        .resourceOwner(ACCOUNT)
        .uid(given.uid())
        .version(version)
        .build();
  }

  /** The metadata of an entity that has been deleted: as it was last, but for the time. */
  static ResourceMetadata ended(ResourceMetadata last, ResourceMetadata given) {
    return last.toBuilder().lastUpdatedAt(given.lastUpdatedAt()).build();
  }

  static software.amazon.awssdk.services.appmesh.model.Duration duration(long value, DurationUnit unit) {
    return software.amazon.awssdk.services.appmesh.model.Duration.builder().value(value).unit(unit).build();
  }

  static List<WeightedTarget> targets(String virtualNode) {
    return List.of(WeightedTarget.builder().virtualNode(virtualNode).weight(100).build());
  }
}
