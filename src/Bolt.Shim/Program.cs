using Bolt.Shim;

// Whatever goes wrong here is read by the process that started the shim; no stack trace means anything to it.
return args switch
{
    ["capsule"] => CapsuleMode.Run(),
    ["container", var sheet, var control] => ContainerMode.Run(sheet, control, wait: false),
    ["container", var sheet, var control, "wait"] => ContainerMode.Run(sheet, control, wait: true),
    ["sandbox"] => SandboxMode.Run(),
    ["files"] => FilesMode.Run(),
    ["files", "inside"] => FilesMode.RunInside(),
    ["reap"] => ReapMode.Run(),
    ["version"] => VersionMode.Run(),
    _ => 64,
};
