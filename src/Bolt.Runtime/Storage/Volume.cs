namespace Bolt.Storage;

/// <summary>A named volume of a stack, as it is on disk.</summary>
/// <param name="DataFolder">Absolute; owned by mapped ids.</param>
/// <param name="Size">Bytes that the Boltfile asks for.</param>
/// <param name="Initialized">A recipe has prepared its data.</param>
internal sealed record Volume(string Stack, string Name, string DataFolder, long? Size, bool Initialized);
