package appmesh;

import static appmesh.Support.ARN;
import static appmesh.Support.connect;

import java.util.List;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.appmesh.AppMeshClient;
import software.amazon.awssdk.services.appmesh.model.AppMeshException;
import software.amazon.awssdk.services.appmesh.model.BadRequestException;
import software.amazon.awssdk.services.appmesh.model.ConflictException;
import software.amazon.awssdk.services.appmesh.model.NotFoundException;
import software.amazon.awssdk.services.appmesh.model.ResourceInUseException;
import software.amazon.awssdk.services.appmesh.model.TagRef;
import software.amazon.awssdk.services.appmesh.model.TooManyTagsException;

/** App Mesh's errors are exceptions of the SDK's own classes. */
final class Errors {
  private Errors() {}

  static void check() {
    AppMeshClient client = connect();
    String mesh = "java-errors";
    client.createMesh(r -> r.meshName(mesh).clientToken("one"));
    client.createVirtualNode(r -> r.meshName(mesh).virtualNodeName("v").spec(s -> {}));
    List<TagRef> tags =
        IntStream.range(0, 50).mapToObj(n -> TagRef.builder().key("k" + n).value("").build()).toList();
    client.tagResource(r -> r.resourceArn(ARN + mesh).tags(tags));

    fails(NotFoundException.class, 404, () -> client.describeMesh(r -> r.meshName("gone")));
    fails(BadRequestException.class, 400, () -> client.listMeshes(r -> r.limit(101)));
    fails(ConflictException.class, 409, () -> client.createMesh(r -> r.meshName(mesh).clientToken("two")));
    fails(ResourceInUseException.class, 409, () -> client.deleteMesh(r -> r.meshName(mesh)));
    TagRef another = TagRef.builder().key("another").value("").build();
    fails(
        TooManyTagsException.class,
        400,
        () -> client.tagResource(r -> r.resourceArn(ARN + mesh).tags(another)));
  }

  private static void fails(Class<? extends AppMeshException> type, int status, Runnable call) {
    try {
      call.run();
    } catch (AppMeshException error) {
      if (!type.isInstance(error)) throw new AssertionError(error + " is no " + type, error);
      if (error.statusCode() != status
          || error.requestId() == null
          || !error.awsErrorDetails().errorCode().equals(type.getSimpleName())
          || error.awsErrorDetails().errorMessage().isEmpty()) {
        throw new AssertionError(error + " is not whole", error);
      }
      return;
    }
    throw new AssertionError("a " + type.getSimpleName() + " is expected");
  }
}
