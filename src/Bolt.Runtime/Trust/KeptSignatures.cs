using System.Text.Json;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>Signatures that were fetched with an image, so that it can be checked again without a network: STATE/signatures/HEX.json.</summary>
internal sealed class KeptSignatures(StoragePaths paths)
{
    private readonly string folder = Path.Combine(paths.State, "signatures");

    /// <summary>Null when none were ever looked for.</summary>
    public IReadOnlyList<Signature>? Find(Digest image)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(image)), TrustJson.Default.KeptSignaturesDocument) is { Version: 1 } kept
                ? [.. kept.Signatures.Select(s => new Signature(s.Payload, s.Signature))]
                : null;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
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
