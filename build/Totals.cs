using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bolt.Build;

/// <summary>Sums over suites, with the name of each failure.</summary>
internal sealed partial record Totals(int Passed, int Failed, int Skipped)
{
    public override string ToString() => $"{Passed} passed, {Failed} failed, {Skipped} skipped";

    public static Totals operator +(Totals a, Totals b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    /// <summary>Reads a CTRF file: {"results":{"tests":[{"name":…,"status":"passed|failed|skipped|…","message":…}]}}.</summary>
    public static Totals Read(string suite, string file, int? exitCode)
    {
        if (!File.Exists(file))
        {
            return Fail(suite, exitCode is null ? "did not end within its time" : $"ended with code {exitCode} and wrote no results");
        }
        var totals = new Totals(0, 0, 0);
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        foreach (var test in document.RootElement.GetProperty("results").GetProperty("tests").EnumerateArray())
        {
            var name = test.GetProperty("name").GetString() ?? "?";
            totals += test.GetProperty("status").GetString() switch
            {
                "passed" => new Totals(1, 0, 0),
                // A program that a test starts and kills, written as an explicit test: nobody asked for it by itself.
                "pending" => new Totals(0, 0, 0),
                "skipped" => Skip(suite, name, test.TryGetProperty("message", out var why) ? why.GetString() ?? "" : ""),
                _ => Fail(suite, name),
            };
        }
        if (totals is { Passed: 0, Failed: 0 })
        {
            return totals + Fail(suite, "ran no test");
        }
        // An error outside any test, such as a fixture's end, shows in the exit code alone.
        return exitCode != 0 && totals.Failed == 0 ? totals + Fail(suite, $"ended with code {exitCode?.ToString() ?? "none"} though no test failed") : totals;
    }

    public static Totals Fail(string suite, string name)
    {
        Console.Error.WriteLine($"FAILED {suite}: {name}");
        return new Totals(0, 1, 0);
    }

    private static Totals Skip(string suite, string name, string why)
    {
        if (!Code().IsMatch(why))
        {
            return Fail(suite, $"{name} is skipped without a BOLT9xxx code: {why}");
        }
        var list = Path.Combine(Shell.Root, "tests/skips.txt");
        var allowed = File.Exists(list) && File.ReadLines(list).Select(l => l.Split('#')[0].Trim()).Any(l => l.Length > 0 && name.StartsWith(l, StringComparison.Ordinal));
        if (!allowed)
        {
            return Fail(suite, $"{name} is skipped, but not listed in tests/skips.txt: {why}");
        }
        Console.Error.WriteLine($"skipped {suite}: {name}: {why}");
        return new Totals(0, 0, 1);
    }

    [GeneratedRegex(@"BOLT9\d{3}")]
    private static partial Regex Code();
}
