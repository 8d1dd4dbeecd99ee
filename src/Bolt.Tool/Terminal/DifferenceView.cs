using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Images;

namespace Bolt.Tool.Terminal;

/// <summary>What `build --verify` prints: in what two builds differ, one line each.</summary>
internal static class DifferenceView
{
    private const int MostLines = 100;

    public static void Show(Screen screen, VerifiedBuild verified, bool json)
    {
        if (json)
        {
            foreach (var found in verified.Differences)
            {
                screen.Data(JsonSerializer.Serialize(found, DifferenceJson.Default.ImageDifference));
            }
            screen.Data(JsonSerializer.Serialize(new VerifiedBuildLine("verified", verified.Differences.Length, [.. verified.Varied], [.. verified.Same]), DifferenceJson.Default.VerifiedBuildLine));
            return;
        }
        foreach (var found in verified.Differences.Take(MostLines))
        {
            screen.Data(Words.Plain(Line(found)));
        }
        if (verified.Differences.Length > MostLines)
        {
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"and {verified.Differences.Length - MostLines} more; --json prints all"));
        }
        screen.Say($"varied: {string.Join(", ", verified.Varied)}{(verified.Same.IsEmpty ? "" : $"; not varied: {string.Join(", ", verified.Same)}")}");
        screen.Say(verified.Differences.IsEmpty ? "both builds gave the same bits"
            : string.Create(CultureInfo.InvariantCulture, $"the builds differ in {verified.Differences.Length} {(verified.Differences.Length == 1 ? "place" : "places")}"));
    }

    private static string Line(ImageDifference found)
    {
        var where = found.Layer == 0 ? "config" : string.Create(CultureInfo.InvariantCulture, $"layer {found.Layer}") + (found.Step.Length == 0 ? "" : $" ({found.Step})");
        return $"{where}: {found.Path}: {found.Field}" + (found.First.Length + found.Second.Length == 0 ? "" : $": `{found.First}` and `{found.Second}`");
    }
}

/// <summary>The last line of `build --verify --json`.</summary>
internal sealed record VerifiedBuildLine(string Event, int Differences, string[] Varied, string[] Same);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImageDifference))]
[JsonSerializable(typeof(VerifiedBuildLine))]
internal sealed partial class DifferenceJson : JsonSerializerContext;
