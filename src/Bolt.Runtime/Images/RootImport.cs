using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>A root file system's tar becomes an image of one layer.</summary>
internal sealed class RootImport(ContentStore content, ImageStore images)
{
    public async Task<LocalImage> ReadAsync(Stream tar, string reference, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        Digest layer;
        var plain = LayerStream.Decompress(tar);
        await using (plain.ConfigureAwait(false))
        {
            layer = await content.WriteAsync(plain, null, cancellationToken).ConfigureAwait(false);
        }
        await Task.Run(() => Check(layer), cancellationToken).ConfigureAwait(false);
        return await images.SaveAsync(reference, new OciConfig { Command = [.. command], DiffIds = [layer] }, cancellationToken).ConfigureAwait(false);
    }

    // A text file is no root: said now, and not at the first start.
    private void Check(Digest layer)
    {
        try
        {
            using var guard = new TarGuard(content.OpenRead(layer), ContentStore.MaxBlob);
            using var reader = new TarReader(guard, leaveOpen: true);
            if (reader.GetNextEntry() is null)
            {
                throw new BoltException(StorageErrors.BadArchive("it is empty"));
            }
            while (reader.GetNextEntry() is not null)
            {
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException)
        {
            throw new BoltException(StorageErrors.BadArchive(e.Message), e);
        }
    }
}
