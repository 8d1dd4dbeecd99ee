namespace Bolt.Shim;

/// <summary>`bolt-shim sandbox`: holds the namespaces of one stack and its uplink.</summary>
internal static class SandboxMode
{
    public static int Run() => throw new NotImplementedException();
}
