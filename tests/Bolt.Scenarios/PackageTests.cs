using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Bolt.Scenarios;

/// <summary>What a user of NuGet finds in the packed files.</summary>
public class PackageTests
{
    public static TheoryData<string> Packages =>
        [.. Directory.GetFiles(InstalledTool.Packages, "Bolt.*.nupkg").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_has_what_its_page_shows(string file)
    {
        using var package = ZipFile.OpenRead(Path.Combine(InstalledTool.Packages, file));
        using var text = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var metadata = XDocument.Load(text).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
        string Of(string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value ?? "";
        Assert.Equal("MIT", Of("license"));
        Assert.All((string[])["description", "releaseNotes", "tags", "authors"], name => Assert.NotEqual("", Of(name)));
        Assert.NotNull(package.GetEntry(Of("readme")));
        Assert.NotNull(package.GetEntry(Of("icon")));
        Assert.NotNull(metadata.Elements().SingleOrDefault(e => e.Name.LocalName == "repository")?.Attribute("commit"));
    }

    [Theory]
    [InlineData("Bolt.Runtime")]
    [InlineData("Bolt.TestKit")]
    [InlineData("Bolt.TestKit.Xunit")]
    public void A_library_comes_with_its_documentation_its_symbols_and_compiled_ahead(string id)
    {
        using var package = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(InstalledTool.Packages, $"{id}.0.*.nupkg")));
        using var symbols = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(InstalledTool.Packages, $"{id}.0.*.snupkg")));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
        using var assembly = new MemoryStream();
        using (var packed = package.GetEntry($"lib/net10.0/{id}.dll")!.Open()) packed.CopyTo(assembly);
        assembly.Position = 0;
        using var image = new PEReader(assembly);
        Assert.NotEqual(0, image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
        Assert.Contains(image.ReadDebugDirectory(), e => e.Type == DebugDirectoryEntryType.Reproducible);
    }
}
