import {
  boolean,
  enumeration,
  type Infer,
  integer,
  map,
  optional,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";

const name = string({ minLength: 1 });
const port = integer({ min: 1, max: 65535 });

/** A volume, in the words of `aws.ecs.TaskDefinition`. */
export const TaskVolume = structure("TaskVolume", "A volume that the containers of a task may mount.", {
  name: required(name, "Name of the volume."),
  hostPath: optional(name, "Folder of the instance. Not on Fargate."),
  configureAtLaunch: optional(
    boolean(),
    "Whether a service or a run of the task says what it is. Defaults to false.",
  ),
  dockerVolumeConfiguration: optional(
    structure("TaskDockerVolume", "A volume of Docker. Not on Fargate.", {
      scope: optional(
        enumeration("TaskDockerVolumeScope", "How long a volume of Docker lasts.", {
          task: "As long as its task.",
          shared: "Longer than its task.",
        }),
        "How long it lasts. Defaults to task.",
      ),
      autoprovision: optional(boolean(), "Whether a shared one is made if there is none. Defaults to false."),
      driver: optional(string(), "Its driver. Defaults to that of Docker."),
      driverOpts: optional(map(string()), "Options of the driver."),
      labels: optional(map(string()), "Labels of the volume."),
    }),
    "A volume of Docker. Not on Fargate.",
  ),
  efsVolumeConfiguration: optional(
    structure("TaskEfsVolume", "A file system of Amazon EFS.", {
      fileSystemId: required(name, "Id of the file system."),
      rootDirectory: optional(name, "Folder of it. Defaults to its root."),
      transitEncryption: optional(
        enumeration("TaskEfsEncryption", "Whether what goes to and from a file system is encrypted.", {
          ENABLED: "It is.",
          DISABLED: "It is not.",
        }),
        "Whether what goes to and fro is encrypted. Defaults to DISABLED.",
      ),
      transitEncryptionPort: optional(port, "Port for that."),
      authorizationConfig: optional(
        structure("TaskEfsAuthorization", "How a task gets at a file system.", {
          accessPointId: optional(name, "Access point."),
          iam: optional(
            enumeration("TaskEfsIam", "Whether the role of a task is used for a file system.", {
              ENABLED: "It is.",
              DISABLED: "It is not.",
            }),
            "Whether the task's role is used. Defaults to DISABLED.",
          ),
        }),
        "How the task gets at it.",
      ),
    }),
    "A file system of Amazon EFS.",
  ),
  fsxWindowsFileServerVolumeConfiguration: optional(
    structure("TaskFsxVolume", "A file system of Amazon FSx for Windows File Server.", {
      fileSystemId: required(name, "Id of the file system."),
      rootDirectory: required(name, "Folder of it."),
      authorizationConfig: required(
        structure("TaskFsxAuthorization", "How a task gets at a file system of Amazon FSx.", {
          credentialsParameter: required(name, "ARN of the secret or parameter with the credentials."),
          domain: required(name, "Domain of Active Directory."),
        }),
        "How the task gets at it.",
      ),
    }),
    "A file system of Amazon FSx for Windows File Server. Only for Windows, where no mesh is.",
  ),
  s3filesVolumeConfiguration: optional(
    structure("TaskS3FilesVolume", "A file system of Amazon S3 Files.", {
      fileSystemArn: required(name, "ARN of the file system."),
      rootDirectory: optional(name, "Folder of it. Defaults to its root."),
      accessPointArn: optional(name, "ARN of the access point."),
      transitEncryptionPort: optional(port, "Port for encryption."),
    }),
    "A file system of Amazon S3 Files.",
  ),
});

export type TaskVolume = Infer<typeof TaskVolume>;
