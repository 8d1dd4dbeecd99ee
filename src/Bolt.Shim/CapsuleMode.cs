namespace Bolt.Shim;

/// <summary>`bolt-shim capsule`: launches one capsule and watches over it.</summary>
internal static class CapsuleMode
{
    public static int Run() => throw new NotImplementedException();
}
