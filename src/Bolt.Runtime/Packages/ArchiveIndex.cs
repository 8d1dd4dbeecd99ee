using System.Buffers.Binary;
using System.Text;

namespace Bolt.Packages;

/// <summary>
/// The packages of one suite and component, as one block of bytes: nothing is parsed when it is opened, and a package is
/// decoded when it is asked for. Debian's main has 64,000 of them; a closure needs some fifty.
/// </summary>
internal sealed class ArchiveIndex
{
    /// <summary>
    /// magic, package count, provision count; then per package its record's offset, by name; per provision the offsets of
    /// its name and its record, by name; then the records.
    /// </summary>
    internal const ulong Magic = 0x3230_5844_4954_4c42;
    internal const int HeaderBytes = 16;

    private readonly byte[] bytes;
    private readonly int packages, provisions, heap;

    private ArchiveIndex(byte[] bytes)
    {
        this.bytes = bytes;
        packages = Int(8);
        provisions = Int(12);
        heap = checked(HeaderBytes + (packages * 4) + (provisions * 8));
    }

    public int Count => packages;

    /// <summary>Null when it is not an index of this format, or is cut off.</summary>
    public static ArchiveIndex? Open(byte[] bytes)
    {
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic)
        {
            return null;
        }
        var index = new ArchiveIndex(bytes);
        return index.packages >= 0 && index.provisions >= 0 && index.heap <= bytes.Length ? index : null;
    }

    /// <summary>All versions and architectures of a name.</summary>
    public IEnumerable<IndexedPackage> Find(string name)
    {
        var key = Encoding.UTF8.GetBytes(name);
        for (var i = LowerBound(packages, key, PackageName); i < packages && Text(PackageName(i)).SequenceEqual(key); i++)
        {
            yield return Decode(PackageName(i));
        }
    }

    /// <summary>All packages that provide a name.</summary>
    public IEnumerable<IndexedPackage> Providers(string name)
    {
        var key = Encoding.UTF8.GetBytes(name);
        for (var i = LowerBound(provisions, key, ProvisionName); i < provisions && Text(ProvisionName(i)).SequenceEqual(key); i++)
        {
            yield return Decode(heap + Int(HeaderBytes + (packages * 4) + (i * 8) + 4));
        }
    }

    /// <summary>All names that begin so, each once.</summary>
    public IEnumerable<string> NamesFrom(string prefix)
    {
        var key = Encoding.UTF8.GetBytes(prefix);
        var last = "";
        for (var i = LowerBound(packages, key, PackageName); i < packages && Text(PackageName(i)).StartsWith(key); i++)
        {
            if (Encoding.UTF8.GetString(Text(PackageName(i))) is var name && name != last)
            {
                yield return last = name;
            }
        }
    }

    private IndexedPackage Decode(int at)
    {
        string Next()
        {
            var text = Text(at);
            at += 4 + text.Length;
            return Encoding.UTF8.GetString(text);
        }
        var (name, version, architecture, path) = (Next(), Next(), Next(), Next());
        var (depends, provides) = (Next(), Next());
        return new IndexedPackage(name, version, architecture, path, depends, provides,
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at)), Convert.ToHexStringLower(bytes.AsSpan(at + 8, 32)));
    }

    private int LowerBound(int count, ReadOnlySpan<byte> key, Func<int, int> nameAt)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Text(nameAt(middle)).SequenceCompareTo(key) < 0 ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    private int PackageName(int i) => heap + Int(HeaderBytes + (i * 4));
    private int ProvisionName(int i) => heap + Int(HeaderBytes + (packages * 4) + (i * 8));
    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
    private ReadOnlySpan<byte> Text(int at) => bytes.AsSpan(at + 4, Int(at));
}

/// <summary>What an index says about one package.</summary>
/// <param name="Path">Below the archive's root.</param>
/// <param name="Depends">Pre-Depends and Depends.</param>
/// <param name="Size">Of the .deb in bytes.</param>
internal sealed record IndexedPackage(
    string Name, string Version, string Architecture, string Path, string Depends, string Provides, long Size, string Sha256);
