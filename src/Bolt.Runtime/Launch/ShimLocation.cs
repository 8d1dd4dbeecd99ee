namespace Bolt.Launch;

/// <summary>Where bolt-shim lies.</summary>
internal static class ShimLocation
{
    /// <summary>The configured path, else the one beside the library; null when there is none.</summary>
    public static string? Find(string? configured) => throw new NotImplementedException();
}
