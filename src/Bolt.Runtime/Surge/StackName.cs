using System.Security.Cryptography;
using System.Text;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>
/// Names one stack of this machine: a project in one folder. The id is the project's name and the first 8 hex digits of
/// the SHA-256 of the Boltfile's absolute path, so two copies of a project in two folders are two stacks.
/// </summary>
/// <param name="Id">The id itself.</param>
public readonly record struct StackName(string Id)
{
    /// <summary>The stack of a Boltfile.</summary>
    public static StackName Of(Boltfile boltfile)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        var hash = Kernel.ShortHash.Of(System.IO.Path.GetFullPath(boltfile.Path));
        return new StackName($"{Clean(boltfile.Project)}-{Convert.ToHexStringLower(hash)[..8]}");
    }

    /// <summary>A Boltfile stands for its stack.</summary>
    public static implicit operator StackName(Boltfile boltfile) => Of(boltfile);

    /// <summary>An id as `bolt ps` prints it.</summary>
    public static implicit operator StackName(string id) => new(id);

    /// <inheritdoc/>
    public override string ToString() => Id;

    // The id becomes a folder, a host name suffix and part of device names: [a-z0-9-] only, and short enough that
    // a unix socket below it stays under 108 bytes (unix(7), sun_path).
    internal static string Clean(string name)
    {
        var kept = new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').Take(32)]).Trim('-');
        return kept.Length == 0 ? "stack" : kept;
    }

    // An id that comes from outside must not lead out of the stacks folder.
    internal bool IsValid => Id is { Length: > 0 and <= 64 } && Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
