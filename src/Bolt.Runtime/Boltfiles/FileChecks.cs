namespace Bolt.Boltfiles;

/// <summary>The folders and files that a Boltfile names.</summary>
internal static class FileChecks
{
    public static void Run(StackDraft draft, TomlFindings findings)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(draft.File.Path)) ?? "/";
        foreach (var service in draft.Services)
        {
            foreach (var (mount, at) in service.Mounts)
            {
                if (mount is VolumeMount.Bind { Source: not ['~', ..] } bind && !Exists(folder, bind.Source))
                {
                    findings.Add(BoltfileErrors.MissingSource(at, bind.Source));
                }
            }
            switch (service.Service.Source)
            {
                case ServiceSource.Build { Context.Length: > 0 } build when !Exists(folder, build.Context):
                    findings.Add(BoltfileErrors.MissingBuild(service.SourceAt, build.Context));
                    break;
                case ServiceSource.Capsule { Recipe: ['.' or '/', ..] } capsule when !Exists(folder, capsule.Recipe):
                    findings.Add(BoltfileErrors.MissingRecipe(service.SourceAt, capsule.Recipe));
                    break;
                case ServiceSource.Image { Reference: ['.' or '/', ..] } image when !Exists(folder, image.Reference):
                    findings.Add(BoltfileErrors.MissingLayout(service.SourceAt, image.Reference));
                    break;
            }
        }
    }

    private static bool Exists(string folder, string path) => Path.Exists(Path.Combine(folder, path));
}
