using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bolt.Images;

namespace Bolt.Evidence;

/// <summary>An image's bill of materials: SPDX 2.3 in JSON.</summary>
internal static class SpdxDocument
{
    /// <summary>Of an attestation that holds one.</summary>
    public const string PredicateType = "https://spdx.dev/Document";

    private const string Unknown = "NOASSERTION", ImageId = "SPDXRef-Image";

    /// <param name="created">What it says about its own making.</param>
    /// <param name="tool">"bolt-1.2.3".</param>
    public static byte[] Of(LocalImage image, ImageInventory inventory, IReadOnlyList<InstalledPackage> packages, DateTimeOffset created, string tool)
    {
        var bytes = new ArrayBufferWriter<byte>(1 << 16);
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("spdxVersion", "SPDX-2.3");
            json.WriteString("dataLicense", "CC0-1.0");
            json.WriteString("SPDXID", "SPDXRef-DOCUMENT");
            json.WriteString("name", image.Reference);
            json.WriteString("documentNamespace", $"https://spdx.org/spdxdocs/bolt-{image.Id.Hex}-{created.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}");
            json.WriteStartObject("creationInfo");
            json.WriteString("created", created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteStartArray("creators");
            json.WriteStringValue("Tool: " + tool);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("documentDescribes");
            json.WriteStringValue(ImageId);
            json.WriteEndArray();
            Packages(json, image, inventory, packages);
            Files(json, image, inventory.Files);
            Relationships(json, image, inventory.Files, packages);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void Packages(Utf8JsonWriter json, LocalImage image, ImageInventory inventory, IReadOnlyList<InstalledPackage> packages)
    {
        json.WriteStartArray("packages");
        Package(json, ImageId, image.Reference, image.Id.ToString(), "CONTAINER", image.Id.Hex, $"pkg:oci/{Name(image)}@{InstalledPackage.Part((image.Target ?? image.Manifest ?? image.Id).ToString())}", null, inventory.Files);
        for (var i = 0; i < image.Layers.Length; i++)
        {
            var layer = i;
            Package(json, LayerId(i), string.Create(CultureInfo.InvariantCulture, $"layer {i + 1}"), image.Layers[i].DiffId.ToString(), "ARCHIVE", image.Layers[i].DiffId.Hex, null, null, [.. inventory.Files.Where(f => f.Layer == layer)]);
        }
        foreach (var package in packages)
        {
            Package(json, IdOf(package.Purl), package.Name, package.Version, "LIBRARY", package.Sha256, package.Purl, "read from " + package.From, null);
        }
        json.WriteEndArray();
    }

    // files null: nobody has looked which are its.
    private static void Package(
        Utf8JsonWriter json, string id, string name, string version, string purpose, string? sha256, string? purl, string? source, IReadOnlyCollection<InventoryFile>? files)
    {
        json.WriteStartObject();
        json.WriteString("SPDXID", id);
        json.WriteString("name", name);
        json.WriteString("versionInfo", version);
        json.WriteString("primaryPackagePurpose", purpose);
        json.WriteString("downloadLocation", Unknown);
        json.WriteBoolean("filesAnalyzed", files is { Count: > 0 });
        if (files is { Count: > 0 })
        {
            // SPDX 2.3, 7.9: SHA-1 of the files' sorted SHA-1 in one text.
            json.WriteStartObject("packageVerificationCode");
            json.WriteString("packageVerificationCodeValue", Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes(string.Concat(files.Select(f => f.Sha1).Order(StringComparer.Ordinal))))));
            json.WriteEndObject();
        }
        if (sha256 is not null)
        {
            Checksums(json, ("SHA256", sha256));
        }
        if (source is not null)
        {
            json.WriteString("sourceInfo", source);
        }
        json.WriteString("licenseConcluded", Unknown);
        json.WriteString("licenseDeclared", Unknown);
        json.WriteString("copyrightText", Unknown);
        if (purl is not null)
        {
            json.WriteStartArray("externalRefs");
            json.WriteStartObject();
            json.WriteString("referenceCategory", "PACKAGE-MANAGER");
            json.WriteString("referenceType", "purl");
            json.WriteString("referenceLocator", purl);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Files(Utf8JsonWriter json, LocalImage image, ImmutableArray<InventoryFile> files)
    {
        json.WriteStartArray("files");
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("SPDXID", FileId(file));
            // Relative to the package (SPDX 2.3, 8.1).
            json.WriteString("fileName", "./" + file.Path);
            Checksums(json, ("SHA1", file.Sha1), ("SHA256", file.Sha256));
            json.WriteString("licenseConcluded", Unknown);
            json.WriteString("copyrightText", Unknown);
            json.WriteString("comment", "layerID: " + image.Layers[file.Layer].DiffId);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Relationships(Utf8JsonWriter json, LocalImage image, ImmutableArray<InventoryFile> files, IReadOnlyList<InstalledPackage> packages)
    {
        json.WriteStartArray("relationships");
        void Add(string from, string kind, string to)
        {
            json.WriteStartObject();
            json.WriteString("spdxElementId", from);
            json.WriteString("relationshipType", kind);
            json.WriteString("relatedSpdxElement", to);
            json.WriteEndObject();
        }
        Add("SPDXRef-DOCUMENT", "DESCRIBES", ImageId);
        for (var i = 0; i < image.Layers.Length; i++)
        {
            Add(ImageId, "CONTAINS", LayerId(i));
        }
        foreach (var file in files)
        {
            Add(LayerId(file.Layer), "CONTAINS", FileId(file));
        }
        foreach (var package in packages)
        {
            Add(ImageId, "CONTAINS", IdOf(package.Purl));
        }
        var known = packages.Select(p => p.Purl).ToHashSet(StringComparer.Ordinal);
        foreach (var (package, need) in packages.SelectMany(p => p.Needs.Where(known.Contains).Select(n => (p, n))))
        {
            Add(IdOf(package.Purl), "DEPENDS_ON", IdOf(need));
        }
        json.WriteEndArray();
    }

    private static void Checksums(Utf8JsonWriter json, params (string Algorithm, string Value)[] checksums)
    {
        json.WriteStartArray("checksums");
        foreach (var (algorithm, value) in checksums)
        {
            json.WriteStartObject();
            json.WriteString("algorithm", algorithm);
            json.WriteString("checksumValue", value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // Letters, digits, "." and "-" alone may stand in an id (SPDX 2.3, 3.2).
    private static string IdOf(string text) => "SPDXRef-Package-" + Hash(text);

    private static string FileId(InventoryFile file) => "SPDXRef-File-" + Hash(file.Path);

    private static string LayerId(int layer) => string.Create(CultureInfo.InvariantCulture, $"SPDXRef-Layer-{layer + 1}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..20];

    private static string Name(LocalImage image) => ImageReference.Parse(image.Reference).Value is { } reference ? reference.Repository[(reference.Repository.LastIndexOf('/') + 1)..]
        : InstalledPackage.Part(image.Reference[(image.Reference.LastIndexOf('/') + 1)..].Split(':')[0]);
}
