using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bolt.Images;

/// <summary>One step of how an image was made, newest first in lists.</summary>
/// <param name="Created">When; null: it does not say.</param>
/// <param name="By">The instruction or command.</param>
/// <param name="Comment">What its maker adds.</param>
/// <param name="Size">Bytes of its layer as it is kept; 0 when it made none.</param>
public sealed record ImageStep(DateTimeOffset? Created, string By, string Comment, long Size);

/// <summary>What an image is, in full.</summary>
internal static class ImageDescription
{
    /// <summary>One JSON object: what Bolt knows, then config and manifest as they are.</summary>
    public static string Inspect(LocalImage image, ImageStore store)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("reference", image.Reference);
            json.WriteString("id", image.Id.ToString());
            WriteDigest(json, "manifestDigest", image.Manifest);
            WriteDigest(json, "digest", image.Target);
            json.WriteNumber("size", image.Size);
            json.WriteStartArray("layers");
            foreach (var layer in image.Layers)
            {
                json.WriteStartObject();
                json.WriteString("digest", layer.Blob.ToString());
                json.WriteString("diffId", layer.DiffId.ToString());
                json.WriteNumber("size", layer.Size);
                json.WriteString("mediaType", layer.MediaType);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WritePropertyName("config");
            WriteRaw(json, store.ReadDocument(image.Id));
            if (image.Manifest is { } manifest)
            {
                json.WritePropertyName("manifest");
                WriteRaw(json, store.ReadDocument(manifest));
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public static ImmutableArray<ImageStep> History(LocalImage image, ImageStore store)
    {
        var written = ImageDocument.Parse(store.ReadDocument(image.Id), OciJson.Default.ConfigDocument, "image config").History ?? [];
        var steps = ImmutableArray.CreateBuilder<ImageStep>();
        var layer = 0;
        foreach (var step in written.OfType<HistoryDocument>())
        {
            var size = step.EmptyLayer || layer >= image.Layers.Length ? 0 : image.Layers[layer++].Size;
            DateTimeOffset? created = DateTimeOffset.TryParse(step.Created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
            steps.Add(new ImageStep(created, step.CreatedBy ?? "", step.Comment ?? "", size));
        }
        // Layers that the history does not tell of.
        foreach (var silent in image.Layers.Skip(layer))
        {
            steps.Add(new ImageStep(null, "", silent.Blob.ToString(), silent.Size));
        }
        steps.Reverse();
        return steps.ToImmutable();
    }

    private static void WriteDigest(Utf8JsonWriter json, string name, Storage.Digest? digest)
    {
        if (digest is { } known)
        {
            json.WriteString(name, known.ToString());
        }
    }

    // Written anew, so that it is indented as the rest.
    private static void WriteRaw(Utf8JsonWriter json, byte[] document)
    {
        using var parsed = JsonDocument.Parse(document);
        parsed.RootElement.WriteTo(json);
    }
}
