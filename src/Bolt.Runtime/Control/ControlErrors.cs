using Bolt.Diagnostics;

namespace Bolt.Control;

/// <summary>The sentences of this room.</summary>
internal static class ControlErrors
{
    public static Diagnostic NotUnderstood() =>
        new("BOLT6101", Severity.Error, "the owner of the stack does not understand the request", null, "use one version of Bolt for all commands");

    public static Diagnostic OwnerGone() =>
        new("BOLT6102", Severity.Error, "the owner of the stack ended before it was done", null, "run the command again: services that run are taken over");
}
