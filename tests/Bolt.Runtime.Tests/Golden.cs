using System.Reflection;

namespace Bolt.Runtime.Tests;

/// <summary>Expected text in <c>*.golden</c> files beside the tests. BOLT_ACCEPT=1 writes them anew, to be reviewed like code.</summary>
public static class Golden
{
    private static readonly string Source = typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "TestSource").Value!;

    /// <param name="name">Path of the file below the project, without its ending: "Boltfiles/bad/cycle".</param>
    /// <param name="actual">What the code says now.</param>
    public static void Check(string name, string actual)
    {
        actual = actual.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (Environment.GetEnvironmentVariable("BOLT_ACCEPT") == "1")
        {
            var file = Path.Combine(Source, name + ".golden");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
            return;
        }
        // Read beside the binary: the sources may be out of reach of the user who runs it.
        var beside = Path.Combine(AppContext.BaseDirectory, name + ".golden");
        Assert.True(File.Exists(beside), $"there is no {name}.golden yet; BOLT_ACCEPT=1 writes it:\n{actual[..Math.Min(actual.Length, 2000)]}");
        Assert.Equal(File.ReadAllText(beside), actual);
    }

    /// <summary>Files below the project that the tests read, copied beside the binary.</summary>
    public static string[] Files(string folder, string pattern) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, folder), pattern).Order(StringComparer.Ordinal)];
}
