using System.Text.Json;
using Bolt.Kernel;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>Signatures that were fetched with an image, so that it can be checked again without a network: STATE/signatures/HEX.json.</summary>
internal sealed class KeptSignatures(StoragePaths paths)
{
    // As many as are taken of a registry, each with a payload of the largest size, as base64.
    private const int MaxBytes = 128 << 20;

    private readonly string folder = Path.Combine(paths.State, "signatures");

    /// <summary>Null when none were ever looked for.</summary>
    public IReadOnlyList<Signature>? Find(Digest image)
    {
        // A project's vendor folder has such files too: they may be anything.
        if (PlainFile.Read(PathOf(image), MaxBytes, out var bytes) != Errno.None)
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(bytes, TrustJson.Default.KeptSignaturesDocument) is { Version: 1, Signatures: { } signatures }
                && !signatures.Any(s => s?.Payload is null || s.Signature is null)
                ? [.. signatures.Select(s => new Signature(s.Payload, s.Signature))]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public async Task WriteAsync(Digest image, IReadOnlyList<Signature> signatures, CancellationToken cancellation)
    {
        StoreFolders.Ensure(folder);
        var document = new KeptSignaturesDocument(1, [.. signatures.Select(s => new KeptSignatureDocument(s.Payload, s.Bytes))]);
        await StoreFolders.WriteWholeAsync(PathOf(image), JsonSerializer.SerializeToUtf8Bytes(document, TrustJson.Default.KeptSignaturesDocument), cancellation).ConfigureAwait(false);
    }

    /// <summary>Forgets those of images that are not named any more.</summary>
    public void Keep(IReadOnlySet<Digest> images)
    {
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json") : [])
        {
            if (!images.Contains(new Digest(Path.GetFileNameWithoutExtension(file))))
            {
                File.Delete(file);
            }
        }
    }

    private string PathOf(Digest image) => Path.Combine(folder, image.Hex + ".json");
}
