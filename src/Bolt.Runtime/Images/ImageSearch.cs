using Bolt.Diagnostics;

namespace Bolt.Images;

/// <summary>What a user types for an image that is here: a reference, a recipe's name, or the start of an id.</summary>
internal static class ImageSearch
{
    private const int ShortestId = 4;

    public static LocalImage Get(ImageStore store, string text)
    {
        var reference = ImageReference.Parse(text);
        if ((store.Find(text) ?? (reference.Ok ? store.Find(reference.Value!.ToString()) : null) ?? store.Find("bolt://" + text)) is { } found)
        {
            return found;
        }
        var all = store.List();
        var hex = text.StartsWith("sha256:", StringComparison.Ordinal) ? text[7..] : text;
        var byId = hex.Length >= ShortestId && hex.All(char.IsAsciiHexDigitLower)
            ? all.Where(i => i.Id.Hex.StartsWith(hex, StringComparison.Ordinal) || i.Manifest?.Hex.StartsWith(hex, StringComparison.Ordinal) == true).ToArray()
            : [];
        return byId.DistinctBy(i => i.Id).ToArray() switch
        {
            // A name with a tag says more than one by digest.
            [_] => byId.OrderBy(i => i.Reference.Contains('@', StringComparison.Ordinal)).First(),
            { Length: > 1 } many => throw new BoltException(ImageErrors.ManyIds(text, many.Select(i => i.Id.Hex[..12]))),
            _ => throw new BoltException(ImageErrors.NoSuchImage(text, all.Select(i => i.Reference).Where(r => r.Contains(text, StringComparison.OrdinalIgnoreCase)))),
        };
    }
}
